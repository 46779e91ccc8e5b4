import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { entry, warden, type Warden } from './warden.ts';

/** The program of util-linux; that of other systems takes other parameters. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

/** A title, the clipboard, an erased screen, and a question that a terminal answers as if it was typed. */
const hostile = '\u001b]0;title\u0007\u001b]52;c;cm0=\u001b\\\u001b[2J\u001b[c\u009b2J';

// oxlint-disable-next-line no-control-regex -- that is what is looked for
const notColour = /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/;

/** Moves the cursor behind the question. */
// oxlint-disable-next-line no-control-regex -- that is what is looked for
const ofReadline = /\u001b\[(?:\d+G|0J)/g;

/** What a terminal gets of a line of shell. */
async function shownBy(
  cli: Warden,
  line: string,
  environment: NodeJS.ProcessEnv = {},
  { typescript = '/dev/null', input = '' }: { readonly typescript?: string; readonly input?: string } = {},
): Promise<string> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const place = {
    cwd: cli.repository.path,
    env: {
      ...inherited,
      TERM: 'xterm',
      WARDEN_STATE_DIR: cli.repository.stateFolder,
      ENTRY: entry,
      NODE: process.execPath,
      ...environment,
    },
    timeout: 50_000,
  };
  const words = line.replaceAll('warden ', '"$NODE" "$ENTRY" ');
  const shown = promisify(execFile)('script', ['-qefc', words, typescript], place);
  shown.child.stdin?.end(input);
  return (await shown).stdout;
}

test('a terminal gets colours and progress, and nothing to obey that others have written', async ({ skip }) => {
  if (!hasScript) skip('NOT TESTED HERE: there is no script of util-linux');
  await using cli = await warden();
  await cli.repository.defineWorkflows({
    builder: shell(String.raw`printf '\033]0;title\007\033[32mgreen\033[0m\033[2J\n'; exit 1`),
  });
  const { document } = await cli.json<{ run_id: string }>('run', 'builder', '--wait', `--message=${hostile}words`);
  const { run_id } = document;
  const quoted = `"$HOSTILE"`;
  const lines = [
    'warden list',
    `warden status ${run_id}`,
    `warden status ${quoted}`,
    `warden logs ${run_id}`,
    'warden worktrees',
    `warden kill ${run_id} --reason ${quoted} --dry-run`,
    'warden requests',
    'warden audit',
    'warden audit export --format csv',
    'warden doctor',
  ];

  const shown = await shownBy(cli, lines.join('; '), { HOSTILE: hostile });
  const raw = await shownBy(
    cli,
    `warden logs ${run_id} --raw; NO_COLOR=1 warden logs ${run_id}; NO_COLOR=1 warden list`,
  );
  const progress = path.join(cli.repository.path, 'progress');
  await shownBy(cli, `warden worktrees 2> ${progress}`);

  expect(shown).not.toMatch(notColour);
  expect(shown).toContain('\u001b[31mfailed\u001b[39m');
  expect(shown).toContain('\u001b[32mgreen\u001b[0m');
  expect(shown).toContain('measuring …');
  expect(raw).toContain('\u001b]0;title\u0007\u001b[32mgreen\u001b[0m\u001b[2J');
  expect(raw.slice(raw.indexOf('\u001b[2J') + 4)).not.toContain('\u001b');
  expect(await readFile(progress, 'utf8')).toBe('');
});

test('who kills in a terminal is asked first, and told what is waited for', async ({ skip }) => {
  if (!hasScript) skip('NOT TESTED HERE: there is no script of util-linux');
  await using cli = await warden();
  await cli.repository.defineWorkflows({
    stubborn: {
      ...shell(`trap '' TERM; while :; do sleep 1; done`),
      kill: { gracefulSeconds: 1.5, forcedSeconds: 0.1 },
    },
  });
  const { document } = await cli.json<{ run_id: string }>('run', 'stubborn', `--message=${hostile}words`);

  const asked = await shownBy(cli, 'warden kill --all || true', {}, { input: 'n\n' });
  expect(asked).toContain('Kill this run? [y/N]');
  expect(asked.replaceAll(ofReadline, '')).not.toMatch(notColour);

  const typescript = path.join(cli.repository.path, '../typescript');

  const killed = shownBy(cli, `warden kill ${document.run_id}`, {}, { typescript });
  await eventually(async () => {
    return /: asked to end, /.test(await readFile(typescript, 'utf8'));
  });
  await cli.run('kill', document.run_id, '--force');
  await killed;
});
