import Database from 'better-sqlite3';
import { execa } from 'execa';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { shell } from '../../support/temporary-repository.ts';
import { entry, warden } from './warden.ts';

describe('the command line itself', () => {
  test.each([
    { given: [], words: 'Which command?' },
    { given: ['lits'], words: 'There is no command "lits". Did you mean list, ' },
    { given: ['run'], words: 'warden run NAME' },
    { given: ['status', 'one', 'two'], words: '"two" is too much' },
    { given: ['kill', 'run_1', '--forse'], words: 'There is no option --forse of "kill". Did you mean --force?' },
    { given: ['run', 'name', '--message'], words: '--message needs a value' },
    { given: ['run', 'name', '--message', '-x'], words: 'given as --message=-x' },
    { given: ['run', 'name', '--wait=yes'], words: '--wait takes no value' },
    { given: ['cleanup', '--yes', '--repo', ''], words: '--repo needs a value that is not empty' },
    { given: ['list', '--since', 'soon'], words: '"soon" is not a time for --since' },
    { given: ['list', '--status', 'done'], words: '"done" is not valid for --status' },
    { given: ['list', '--limit', '0'], words: '"0" is not valid for --limit' },
    { given: ['doctor', '--drill', '--repair'], words: '--drill goes with no other option' },
    { given: ['extend', 'run_1'], words: 'How much? Give --minutes N.' },
    { given: ['extend', 'run_1', '--minutes', 'ten'], words: '"ten" is not valid for --minutes' },
    { given: ['complete', 'run_1', '--as', 'killed'], words: '"killed" is not valid for --as' },
  ])('that is wrong, $given, says how and exits 2', async ({ given, words }) => {
    await using cli = await warden();

    const [plain, { exitCode, document }] = await Promise.all([cli.run(...given), cli.json(...given)]);

    expect(plain).toMatchObject({ exitCode: 2, output: '', errors: expect.stringMatching(/^warden: /) });
    expect(plain.errors).toContain(words);
    expect({ exitCode, document }).toEqual({
      exitCode: 2,
      document: { error: { code: 'usage', message: expect.stringContaining(words), details: {} } },
    });
  });

  test('asks for help and the version without a database', async () => {
    await using cli = await warden();
    const environment = { WARDEN_STATE_DIR: '/dev/null/state' };

    const help = await cli.start(['help', 'run'], { environment }).ended;
    const version = await cli.start(['--version'], { environment }).ended;

    expect(help).toMatchObject({ exitCode: 0, output: expect.stringContaining('--base REF'), errors: '' });
    expect(version).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect((await cli.start(['run', '--help'], { environment }).ended).output).toBe(help.output);
  });
});

describe('a name that does not exist', () => {
  test('of a workflow or a run exits 3 and offers the nearest', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ builder: shell('exit 0') });
    const { run_id } = await cli.finished('builder');
    const wrong = `${run_id.slice(0, -1)}g`;

    expect(await cli.run('run', 'bulider')).toEqual({
      exitCode: 3,
      output: '',
      errors: 'warden: There is no workflow "bulider". Did you mean builder?\n',
    });
    for (const verb of ['status', 'logs', 'wait', 'kill', 'restart', 'complete']) {
      expect(await cli.json(verb, wrong)).toMatchObject({
        exitCode: 3,
        document: { error: { code: 'unknown_run', details: { run_id: wrong, nearest: [run_id] } } },
      });
    }
    expect(await cli.json('run', 'builder', '--base', 'nowhere')).toMatchObject({
      exitCode: 3,
      document: { error: { code: 'base_not_found' } },
    });
  });
});

describe('a folder that no run can start in', () => {
  test('is told apart', async () => {
    await using cli = await warden();
    const beside = (name: string): string => path.join(cli.repository.path, '..', name);
    await mkdir(beside('plain'));
    await cli.repository.git('init', '--quiet', '--bare', beside('bare'));
    await cli.repository.git('init', '--quiet', beside('empty'));
    await cli.repository.defineWorkflows({ good: shell('exit 0') });
    await mkdir(path.join(beside('empty'), '.vscode'));
    await writeFile(
      path.join(beside('empty'), '.vscode/workflows.json'),
      JSON.stringify({ workflows: { good: shell('exit 0') } }),
    );
    const codeIn = async (name: string): Promise<unknown> => {
      const { exitCode, document } = await cli.json<{ error: { code: string } }>('run', 'good', '--repo', beside(name));
      return { exitCode, code: document.error.code };
    };

    expect(await codeIn('plain')).toEqual({ exitCode: 1, code: 'not_a_repository' });
    expect(await codeIn('missing')).toEqual({ exitCode: 1, code: 'not_a_repository' });
    expect(await codeIn('bare')).toEqual({ exitCode: 1, code: 'bare_repository' });
    expect(await codeIn('empty')).toEqual({ exitCode: 1, code: 'repository_without_commit' });
    expect(await cli.json('list')).toMatchObject({ document: { runs: [] } });
  });
});

describe('workflows.json', () => {
  test('that is missing says where it was looked for', async () => {
    await using cli = await warden();

    const { exitCode, errors } = await cli.run('run', 'any');

    expect(exitCode).toBe(3);
    expect(errors).toContain(path.join(cli.repository.path, '.vscode', 'workflows.json'));
  });

  test('that is broken is told by file, line and column', async () => {
    await using cli = await warden();
    const file = path.join(cli.repository.path, '.vscode', 'workflows.json');

    await writeFile(file, '{\n  "workflows": {\n    "one": { "comand": ["x"] } }\n}\n');
    const misspelt = await cli.run('run', 'one');
    await writeFile(file, '{\n  "workflows": [,\n');
    const broken = await cli.run('run', 'one');

    expect(misspelt.exitCode).toBe(1);
    expect(misspelt.errors).toContain(`warden: ${file}:3:`);
    expect(misspelt.errors).toContain('comand');
    expect(broken.exitCode).toBe(1);
    expect(broken.errors).toContain(`warden: ${file}:2:`);
  });

  test('with a command that does not exist leaves nothing behind', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ none: { command: ['no-such-program'] } });

    const { exitCode, errors } = await cli.run('run', 'none');

    expect(exitCode).toBe(1);
    expect(errors).toContain('"no-such-program"');
    expect(await cli.repository.git('worktree', 'list')).not.toContain('warden/');
  });
});

describe('the state folder', () => {
  test('that cannot be made is told', async () => {
    await using cli = await warden();
    const file = path.join(cli.repository.path, '..', 'file');
    await writeFile(file, '');

    const { exitCode, output, errors } = await cli.start(['list'], {
      environment: { WARDEN_STATE_DIR: path.join(file, 'state') },
    }).ended;

    expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' });
    expect(errors).toMatch(/^warden: The state folder .* cannot be written .*WARDEN_STATE_DIR\.\n$/);
  });

  test('with a database of a newer version is left alone', async () => {
    await using cli = await warden();
    await mkdir(path.join(cli.repository.path, '../newer'));
    const stateFolder = path.join(cli.repository.path, '../newer');
    const database = new Database(path.join(stateFolder, 'warden.db'));
    database.pragma('user_version = 999');
    database.close();

    const { exitCode, output } = await cli.start(['list', '--json'], {
      environment: { WARDEN_STATE_DIR: stateFolder },
    }).ended;

    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ error: { code: 'database_newer', details: { found: 999 } } });
  });
});

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  const fullIn = (redirection: '>' | '2>', parameters: readonly string[], stateFolder: string) =>
    execa('sh', ['-c', `exec "$0" "$@" ${redirection}/dev/full`, process.execPath, entry, ...parameters], {
      env: { WARDEN_STATE_DIR: stateFolder, WARDEN_RUN_ID: '' },
      reject: false,
    });

  test('where the result goes is told, and where errors go keeps no exit code from being right', async () => {
    await using cli = await warden();
    const { stateFolder } = cli.repository;
    for (const json of [[], ['--json']]) {
      const { exitCode, stderr } = await fullIn('>', ['key', 'list', ...json], stateFolder);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: expect.stringMatching(/^warden: it was done, but the result could not be written: ENOSPC[^\n]*$/),
      });
    }
    expect(await fullIn('2>', ['status', 'nobody'], stateFolder)).toMatchObject({ exitCode: 3, stdout: '' });
  });
});
