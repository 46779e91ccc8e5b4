import Database from 'better-sqlite3';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readBootId } from '../../../src/processes/linux-namespace.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { leaseNow } from '../../support/lease-now.ts';
import { processesOf } from '../../support/run-processes.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

/** Another has taken over within this time, whatever became of the one who watched. */
const takeOverMilliseconds = 15_000;

/** Goes over its limit when the file is there. */
const over = (file: string): object => ({
  ...shell(`until [ -e ${file} ]; do sleep 0.1; done; for i in 1 2 3 4; do sleep 600 & done; wait`),
  limits: { processes: 4 },
  onLimit: 'kill',
});

const heldBy = (repository: TemporaryRepository, pid: number | undefined): Promise<boolean> =>
  eventually(() => leaseNow(repository.stateFolder)?.pid === pid);

describe('one who watches', () => {
  test('and is killed in the middle is replaced within 15 s, and every limit still holds', async () => {
    await using repository = await temporaryRepository();
    const goOn = path.join(repository.path, 'go-on');
    await repository.defineWorkflows({ worker: over(goOn) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    await heldBy(repository, other.child.pid);
    const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    supervisor.startWatching(1_000);
    expect(await supervisor.watcher()).toMatchObject({ pid: other.child.pid, face: 'cli' });
    await eventually(async () => (await supervisor.status(runId)).run.process?.observation);
    await other.crash();
    expect((await supervisor.status(runId)).run.status).toBe('running');
    await eventually(() => supervisor.isWatching, takeOverMilliseconds);
    expect(await supervisor.watcher()).toMatchObject({ pid: process.pid });
    await writeFile(goOn, '');
    await eventually(async () => (await supervisor.status(runId)).run.status === 'terminated');
    const why = expect.stringMatching(/^\d+ processes; limit 4$/) as string;
    expect((await supervisor.status(runId)).run.reason).toMatchObject({ code: 'killed', why });
    expect(processesOf(runId)).toEqual([]);
    expect(scope.failures).toEqual([]);
  });

  test('and is stopped is replaced within 15 s, and leaves the watching alone when it is continued', async () => {
    await using repository = await temporaryRepository();
    const goOn = path.join(repository.path, 'go-on');
    await repository.defineWorkflows({ worker: over(goOn) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    await heldBy(repository, other.child.pid);
    const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    supervisor.startWatching(1_000);
    await other.stop();
    await eventually(() => supervisor.isWatching, takeOverMilliseconds);
    other.goOn();
    await writeFile(goOn, '');
    await eventually(async () => (await supervisor.status(runId)).run.status === 'terminated');
    // A few beats of the other one.
    await sleep(3_000);
    expect(leaseNow(repository.stateFolder)?.pid).toBe(process.pid);
    const asked = (await supervisor.audit({ runId })).filter(({ outcome }) => outcome === 'asked');
    expect(asked.map(({ action }) => action)).toEqual(['launch', 'kill']);
  });

  test('holds the limits of the others while the files of one cannot be looked at', async () => {
    await using repository = await temporaryRepository();
    const stuckAfterMinutes = 2 / 60;
    await repository.defineWorkflows({
      silent: { ...shell('sleep 600'), stuckAfterMinutes },
      late: { ...shell('while :; do date +%N; sleep 0.3; done'), timeoutMinutes: 4 / 60, onTimeout: 'kill' },
    });
    let isAsked = false;
    // As on a network file system whose server is gone.
    await using scope = await testSupervisor(repository, ({ worktrees }) => ({
      worktrees: {
        ...worktrees,
        lastChangeIn: () => {
          isAsked = true;
          return new Promise(() => undefined);
        },
      },
    }));
    const { supervisor } = scope;
    supervisor.startWatching(1_000);
    await supervisor.run({ workflowName: 'silent', directory: repository.path, message: '' });
    await eventually(() => isAsked);
    const { runId } = await supervisor.run({ workflowName: 'late', directory: repository.path, message: '' });
    await eventually(
      async () => (await supervisor.recent({ workflowName: 'late' }))[0]?.run.status === 'terminated',
      30_000,
    );
    expect((await supervisor.status(runId)).run.reason).toMatchObject({ code: 'killed' });
  });

  test('and loses the lease in the middle of a look neither acts on it nor records it', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      crowd: { ...shell('sleep 600 & sleep 600 & wait'), limits: { processes: 2 }, onLimit: 'kill' },
    });
    await using other = startOtherProcess('idle', {}, repository.stateFolder);
    let isLost = false;
    await using scope = await testSupervisor(repository, ({ folders }) => {
      const loseLease: Ports['folders']['heartbeat'] = (runId) => {
        if (!isLost) giveLeaseTo(repository, other.child.pid!);
        isLost = true;
        return folders.heartbeat(runId);
      };
      return {
        folders: new Proxy(folders, {
          get(target, name) {
            if (name === 'heartbeat') return loseLease;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
      };
    });
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'crowd', directory: repository.path, message: '' });
    await eventually(() => processesOf(runId).length === 4);
    supervisor.startWatching(1_000);
    await eventually(() => isLost && !supervisor.isWatching);
    expect((await supervisor.recent({}))[0]?.run).toMatchObject({ status: 'running', process: { observation: null } });
    // That one is alive and does not renew it.
    await eventually(() => supervisor.isWatching, takeOverMilliseconds);
    await eventually(async () => (await supervisor.status(runId)).run.status === 'terminated');
    expect(scope.failures).toEqual([]);
  });
});

function giveLeaseTo(repository: TemporaryRepository, pid: number): void {
  const holder = { bootId: readBootId(), pid, startTime: readStat(pid)?.startTime };
  const database = new Database(path.join(repository.stateFolder, 'warden.db'));
  const sql = "UPDATE supervisors SET holder = ?, face = 'vscode', heartbeat = ?";
  database.prepare(sql).run(JSON.stringify(holder), Date.now());
  database.close();
}
