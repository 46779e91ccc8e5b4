import type { Command, CommandOptions } from './command.ts';
import { commonOptions } from './parse-command-line.ts';
import { table } from './table.ts';

/** What there is, one line a command. */
export function overview(commands: readonly Command[]): string {
  return [
    'Runs agent workflows in git worktrees of their own.',
    '',
    'Usage: warden COMMAND [ARGUMENTS] [--repo DIR] [--json]',
    '',
    'Commands:',
    indented([...commands.map(({ name, summary }) => [name, summary]), ['help', 'explain a command']]),
    '',
    'Options:',
    optionLines(commonOptions),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused.',
  ].join('\n');
}

/** How one command is used. */
export function explanationOf({ name, summary, usage, options, notes = [] }: Command): string {
  return [
    `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`,
    '',
    `Usage: warden ${name} ${usage}`.trimEnd(),
    '',
    'Options:',
    optionLines({ ...options, ...commonOptions }),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
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
