import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { KillReportJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { begunRun, runFile } from '../../support/begun-run.ts';
import { shell } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { entry, type Warden, warden } from './warden.ts';

/** A run folder of its own, and the variables that name it. */
async function inARun(cli: Warden): Promise<{ folder: string; environment: NodeJS.ProcessEnv }> {
  const folder = path.join(path.dirname(cli.repository.path), 'run_0123456789ab');
  await mkdir(path.join(folder, 'critical'), { recursive: true });
  return { folder, environment: { WARDEN_RUN_ID: 'run_0123456789ab', WARDEN_RUN_DIR: folder } };
}

test('warden critical is the command, and a file for as long as it takes', async () => {
  await using cli = await warden();
  const { folder, environment } = await inARun(cli);
  const look = 'cat; ls "$WARDEN_RUN_DIR/critical"; cat "$WARDEN_RUN_DIR/critical/"*; echo oops >&2; exit 7';

  const started = cli.start(['critical', '--', 'sh', '-c', look], { environment, input: 'in\n' });
  const outcome = await started.ended;

  expect(outcome).toEqual({ exitCode: 7, output: `in\nsh\n${started.child.pid}\n`, errors: 'oops\n' });
  expect(await readdir(path.join(folder, 'critical'))).toEqual([]);
});

test('warden critical names what it does by program and first word, beside others of that name', async () => {
  await using cli = await warden();
  const { folder, environment } = await inARun(cli);
  await writeFile(path.join(folder, 'critical', 'printenv WARDEN_RUN_ID'), '1\n');
  await cli.start(['critical', '--', '/usr/bin/printenv', 'WARDEN_RUN_ID'], { environment }).ended;
  expect(await readdir(path.join(folder, 'critical'))).toEqual(['printenv WARDEN_RUN_ID']);

  const both = ['critical', '--', 'ls', 'critical', '--color=never'];
  const { output } = await cli.start(both, { environment, directory: folder }).ended;
  expect(output).toBe('ls critical\nprintenv WARDEN_RUN_ID\n');
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'warden critical hands %s on and leaves no file',
  async (signal) => {
    await using cli = await warden();
    const { folder, environment } = await inARun(cli);
    const ready = path.join(folder, 'ready');

    const dying = cli.start(['critical', '--', 'sh', '-c', `echo > ${ready}1; exec sleep 600`], { environment });
    const name = signal.slice(3);
    const deciding = cli.start(
      ['critical', '--', 'sh', '-c', `trap 'exit 9' ${name}; echo > ${ready}2; while :; do sleep 0.1; done`],
      { environment },
    );
    await eventually(() => existsSync(`${ready}1`) && existsSync(`${ready}2`));
    dying.child.kill(signal);
    deciding.child.kill(signal);

    expect((await dying.ended).exitCode).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
    expect((await deciding.ended).exitCode).toBe(9);
    expect(await readdir(path.join(folder, 'critical'))).toEqual([]);
  },
);

test('warden critical refuses outside of a run, and starts nothing', async () => {
  await using cli = await warden();
  const made = path.join(cli.repository.path, 'made');
  const environment = { WARDEN_RUN_DIR: '', WARDEN_RUN_ID: '' };

  const outcome = await cli.start(['critical', '--', 'touch', made], { environment }).ended;
  const json = await cli.start(['critical', '--json', '--', 'touch', made], { environment }).ended;
  const gone = await cli.start(['critical', '--', 'touch', made], {
    environment: { WARDEN_RUN_ID: 'run_0123456789ab', WARDEN_RUN_DIR: '/nowhere' },
  }).ended;

  expect(outcome).toMatchObject({ exitCode: 4, output: '', errors: expect.stringContaining('not in a run') });
  expect(JSON.parse(json.output)).toMatchObject({ error: { code: 'not_in_a_run' } });
  expect(gone).toMatchObject({ exitCode: 4, errors: expect.stringContaining('/nowhere') });
  expect(existsSync(made)).toBe(false);
});

test('warden critical says which program is not there, and what is missing', async () => {
  await using cli = await warden();
  const { folder, environment } = await inARun(cli);

  const unknown = await cli.start(['critical', '--', 'no-such-program'], { environment }).ended;
  const nothing = await cli.start(['critical'], { environment }).ended;

  expect(unknown).toMatchObject({ exitCode: 1, errors: expect.stringContaining('no-such-program') });
  expect(nothing.exitCode).toBe(2);
  expect(await readdir(path.join(folder, 'critical'))).toEqual([]);
});

test('a kill waits for warden critical, and says so', async () => {
  await using cli = await warden();
  await using scope = await testSupervisor(cli.repository);
  const work =
    'echo > "$WARDEN_RUN_DIR/begun"; until test -e "$WARDEN_RUN_DIR/go"; do sleep 0.05; done; echo > "$WARDEN_RUN_DIR/done"';
  await cli.repository.defineWorkflows({
    worker: shell(`"${process.execPath}" "${entry}" critical -- sh -c '${work}'; sleep 600`),
  });
  const { runId } = await begunRun(cli.repository, scope);

  const killing = cli.start(['--json', 'kill', runId]);
  await eventually(async () => (await scope.supervisor.status(runId)).run.stop?.waitedFor.length === 1);
  await writeFile(runFile(cli.repository, runId, 'go'), '');
  const document = JSON.parse((await killing.ended).output) as KillReportJson;

  expect(document).toMatchObject({
    success: true,
    waited_for: [expect.stringMatching(/^sh \(pid \d+\)$/)],
    interrupted: [],
  });
  expect(existsSync(runFile(cli.repository, runId, 'done'))).toBe(true);
});
