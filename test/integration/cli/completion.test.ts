import { execFile, spawnSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { shell } from '../../support/temporary-repository.ts';
import { entry, warden, type Warden } from './warden.ts';

const isThere = (program: string): boolean => spawnSync(program, ['-c', ':']).status === 0;

/** Where it is to be completed, and what of it. */
const lines: readonly (readonly [string, readonly string[]])[] = [
  ['re', ['requests', 'restart', 'restore']],
  ['help heart', ['heartbeat']],
  ['list --un', ['--until']],
  ['kill --with-', ['--with-children']],
  ['key create --role t', ['team_lead']],
  ['key re', ['revoke']],
  ['key create --verbs run,ki', ['run,kill']],
  ['list --status running,ki', ['running,killed']],
  ['audit export --format c', ['csv']],
  ['complete --as fai', ['failed']],
  ['completion z', ['zsh']],
  ['run bui', ['builder']],
  ['--repo REPOSITORY run bui', ['builder']],
];

/** A run that is over: where a run is asked for it is offered, but not to be killed. */
async function scene(cli: Warden) {
  await cli.repository.defineWorkflows({ builder: { ...shell('exit 0'), description: "It's a: $(thing)" } });
  const { run_id } = await cli.finished('builder');
  const folder = path.join(cli.repository.path, '../programs');
  await mkdir(folder);
  await symlink(entry, path.join(folder, 'warden'));
  const environment = {
    ...process.env,
    HOME: folder,
    TERM: 'dumb',
    WARDEN_STATE_DIR: cli.repository.stateFolder,
    PATH: `${folder}:${path.dirname(process.execPath)}:${process.env['PATH']}`,
  };
  const execute = async (program: string, parameters: readonly string[]): Promise<string> => {
    const place = { cwd: cli.repository.path, env: environment, timeout: 40_000 };
    return (await promisify(execFile)(program, parameters, place)).stdout;
  };
  const expected = new Map<string, readonly string[]>([
    ...lines,
    [`status ${run_id.slice(0, -3)}`, [run_id]],
    [`kill ${run_id.slice(0, -3)}`, []],
  ]);
  return {
    execute,
    expected: new Map([...expected].map(([line, words]) => [line.replace('REPOSITORY', cli.repository.path), words])),
  };
}

/** Of each line what was found, in no order. */
function wordsOf(
  lines: ReadonlyMap<string, unknown>,
  found: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const words = (text: string): readonly string[] => text.split(' ').filter(Boolean).toSorted();
  return new Map([...lines.keys()].map((line, index) => [line, words(found[index] ?? '')]));
}

describe('completion', () => {
  test('in bash', async ({ skip }) => {
    if (process.platform === 'win32') skip('NOT TESTED HERE: the command is a script');
    await using cli = await warden();
    const { execute, expected } = await scene(cli);
    const script = `
      eval "$(warden completion bash)"
      for line in "$@"; do
        read -ra COMP_WORDS <<< "warden $line"
        COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
        _warden
        echo "\${COMPREPLY[*]}"
      done`;

    const found = (await execute('bash', ['-c', script, 'bash', ...expected.keys()])).split('\n');

    expect(wordsOf(expected, found)).toEqual(expected);
    // Readline takes = for the end of a word.
    const joined = `eval "$(warden completion bash)"; COMP_WORDS=(warden list --status = ter); COMP_CWORD=4; _warden; echo "\${COMPREPLY[*]}"`;
    expect(await execute('bash', ['-c', joined])).toBe('terminating terminated\n');
  });

  test('in fish', async ({ skip }) => {
    if (!isThere('fish')) skip('NOT TESTED HERE: there is no fish');
    await using cli = await warden();
    const { execute, expected } = await scene(cli);
    const script = `
      warden completion fish | source
      for line in $argv
        echo (complete -C "warden $line" | string split -f 1 \\t)
      end`;

    const found = (await execute('fish', ['-c', script, ...expected.keys()])).split('\n');

    expect(wordsOf(expected, found)).toEqual(expected);
  });

  test('in zsh, as it is typed in a terminal', async ({ skip }) => {
    if (!isThere('zsh')) skip('NOT TESTED HERE: there is no zsh');
    await using cli = await warden();
    const { execute, expected } = await scene(cli);
    const begin = `PS1=REA''DY; autoload -Uz compinit; compinit -u -D; source <(warden completion zsh); stty columns 300`;
    // Each line is typed with a Tab after it, and taken back once what it must become is on the screen.
    const script = `
      zmodload zsh/zpty
      zpty -b terminal zsh -f -i
      zpty -w terminal $1
      zpty -r terminal shown '*READY*' || exit 1
      shift
      while (( $# )); do
        zpty -w -n terminal "$1"$'\\t'
        zpty -r terminal shown "*$2*" || exit 1
        zpty -w -n terminal $'\\025'
        print -r -- "$1"
        shift 2
      done
      zpty -d terminal`;
    const single = [...expected].flatMap(([line, [word, ...more]]) =>
      word === undefined || more.length > 0 ? [] : [{ line: `warden ${line}`, word }],
    );

    const typed = await execute('zsh', [
      '-f',
      '-c',
      script,
      'zsh',
      begin,
      ...single.flatMap(({ line, word }) => [line, word]),
    ]);

    expect(typed.trim().split('\n')).toEqual(single.map(({ line }) => line));
  });

  test('offers what is there quietly, and quietly nothing where there is nothing', async () => {
    await using cli = await warden();

    expect(await cli.run('completion', 'runs')).toEqual({ exitCode: 0, output: '', errors: '' });
    await cli.repository.defineWorkflows({ builder: shell('exit 0') });
    const { document } = await cli.json<RunJson>('run', 'builder', '--wait', '--message', 'one\u001b[31m\ntwo');

    expect(await cli.run('completion', 'runs')).toEqual({
      exitCode: 0,
      output: `${document.run_id}\tbuilder, completed, one two\n`,
      errors: '',
    });
    expect(await cli.json('completion', 'workflows')).toEqual({
      exitCode: 0,
      document: { candidates: [{ value: 'builder', about: '' }] },
    });
    expect(await cli.run('completion', 'tcsh')).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('Expected: bash, zsh, fish.'),
    });
  });
});
