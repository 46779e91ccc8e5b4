import type { Command, CommandOptions } from './command.ts';
import type { CommandGroup } from './commands.ts';
import { commonOptions } from './parse-command-line.ts';
import { table } from './table.ts';

/** What there is, one line a command. */
export function overview(groups: readonly CommandGroup[]): string {
  return [
    'Runs agent workflows in git worktrees of their own, shows them, and ends them with proof.',
    '',
    'Usage: warden COMMAND [ARGUMENTS] [--repo DIR] [--json]',
    '       warden help COMMAND',
    ...groupLines(groups),
    '',
    'RUN is the id of a run, as "warden list" shows it. Workflows are defined in .vscode/workflows.json of a repository.',
    '',
    'With every command:',
    optionLines(commonOptions),
    '',
    'Environment:',
    indented([
      ['WARDEN_STATE_DIR', 'where the database and the folders of the runs are'],
      ['NO_COLOR, FORCE_COLOR, CLICOLOR', 'whether text on a terminal is coloured; elsewhere it never is'],
      ['WARDEN_NO_WATCH=1', 'starts no "warden watch" beside a run where nobody watches: no limit is kept then'],
      ['WARDEN_DEBUG=1', 'prints the stack of an unexpected error'],
    ]),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 130 interrupted.',
  ].join('\n');
}

/** How one command is used. */
export function explanationOf({ name, summary, usage, options, notes = [] }: Command): string {
  const ways = typeof usage === 'string' ? [usage] : usage;
  return [
    `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...ways.map((way, index) => `${index === 0 ? 'Usage:' : '      '} warden ${name} ${way}`.trimEnd()),
    '',
    ...(Object.keys(options).length === 0 ? [] : ['Options:', optionLines(options), '']),
    'With every command:',
    optionLines(commonOptions),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

/** All in one pair of columns. */
function groupLines(groups: readonly CommandGroup[]): readonly string[] {
  const commands = groups.flatMap((group) => group.commands);
  const lines = indented(commands.map(({ name, summary }) => [name, summary])).split('\n');
  return groups.flatMap((group) => [
    '',
    `${group.title}:`,
    ...group.commands.map((command) => lines[commands.indexOf(command)] ?? ''),
  ]);
}

function optionLines(options: CommandOptions): string {
  return indented(
    Object.entries(options).map(([name, { value, description }]) => [
      value === undefined ? `--${name}` : `--${name} ${value}`,
      description,
    ]),
  );
}

function indented(rows: readonly (readonly string[])[]): string {
  return table(rows).replaceAll(/^/gm, '  ');
}
