import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import { LinuxLauncher } from '../../../src/processes/linux-launch.ts';
import { LinuxProcessTable } from '../../../src/processes/linux-proc.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import { LocalExecutor } from '../../../src/processes/local-executor.ts';
import { sendPosixSignal } from '../../../src/processes/posix-signal.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

/** Forks twice, makes a session of its own and empties its environment: nothing but its parent tells whose it is. */
const becomeDaemon = `(env -i /usr/bin/setsid /bin/sh -c 'echo $$ > daemon; exec sleep 600' &)`;

const daemonOf = (run: Run): Promise<number> =>
  eventually(
    async () => Number(await readFile(path.join(run.worktree?.path ?? '', 'daemon'), 'utf8').catch(() => '')) || null,
  );

const isAlive = (pid: number): boolean => readStat(pid)?.state === 'alive';

describe('a daemon with an emptied environment', () => {
  test('is ended by a kill, and counted in the report', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ agent: shell(`${becomeDaemon}; exec sleep 600`) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const run = await supervisor.run({ workflowName: 'agent', directory: repository.path, message: '' });
    expect(run.process?.containment.subreaper).toBe(true);
    const pid = await daemonOf(run);
    // Whoever started it for the command has gone by then.
    await eventually(() => readStat(run.process?.command.pid ?? 0)?.name === 'sleep');
    const report = await supervisor.kill(run.runId, {});
    expect(report).toMatchObject({ success: true, method: 'graceful', processes: 3, survivors: [] });
    expect(isAlive(pid)).toBe(false);
  });

  test('that its command left behind is ended before the run counts as over', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ agent: shell(`${becomeDaemon}; while [ ! -s daemon ]; do :; done; exit 4`) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const run = await supervisor.run({ workflowName: 'agent', directory: repository.path, message: '' });
    const { run: ended } = await supervisor.wait(run.runId);
    expect(ended).toMatchObject({ status: 'failed', exitCode: 4 });
    expect(isAlive(await daemonOf(run))).toBe(false);
  });
});

test('a run is over although a run that it started goes on, which its wrapper adopted', async () => {
  await using repository = await temporaryRepository();
  const otherProcess = path.join(import.meta.dirname, '../../support/other-process.ts');
  const options = JSON.stringify({ workflowName: 'inner', directory: repository.path, message: '' });
  const state = `WARDEN_STATE_DIR='${repository.stateFolder}'`;
  await repository.defineWorkflows({
    outer: shell(`${state} '${process.execPath}' '${otherProcess}' run '${options}'; exit 2`),
    inner: shell('exec sleep 600'),
  });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const outer = await supervisor.run({ workflowName: 'outer', directory: repository.path, message: '' });
  expect((await supervisor.wait(outer.runId)).run).toMatchObject({ status: 'failed', exitCode: 2 });
  expect(isAlive(outer.process?.wrapper.pid ?? 0)).toBe(false);
  const { runs } = await supervisor.list({ statuses: ['running'], limit: 5 });
  expect(runs.map(({ run }) => run.workflowName)).toEqual(['inner']);
  expect(isAlive(runs[0]?.run.process?.command.pid ?? 0)).toBe(true);
});

test('without perl and python3 a run works and is killed as ever, and its row says what it lacks', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ agent: shell('sleep 600 & exec sleep 600') });
  const launcher = new LinuxLauncher('');
  const executor = new LocalExecutor(
    new LinuxProcessTable(),
    (table, request) => launcher.launch(table, request),
    sendPosixSignal,
  );
  await using scope = await testSupervisor(repository, () => ({ executor }));
  const { supervisor } = scope;
  const run = await supervisor.run({ workflowName: 'agent', directory: repository.path, message: '' });
  expect((await supervisor.status(run.runId)).run.process?.containment).toMatchObject({ subreaper: false });
  const report = await supervisor.kill(run.runId, {});
  expect(report).toMatchObject({ success: true, survivors: [] });
});
