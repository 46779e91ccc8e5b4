import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import { isTerminal } from '../../../src/core/run-status.ts';
import type { LaunchOptions } from '../../../src/supervisor/launch.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const worker = ({ path: directory }: TemporaryRepository): LaunchOptions => ({
  workflowName: 'worker',
  directory,
  message: '',
});

const queuedRuns = async (supervisor: Supervisor): Promise<readonly Run[]> =>
  (await supervisor.recent({ statuses: ['pending'] })).map(({ run }) => run).filter(({ queue }) => queue?.waits);

/** One that runs until it is told, and holds the only slot. */
async function busyRepository(): Promise<TemporaryRepository & { readonly goOn: string }> {
  const repository = await temporaryRepository();
  const goOn = path.join(repository.path, 'go-on');
  const workflows = { worker: shell(`until [ -e ${goOn} ]; do sleep 0.05; done; echo "$QUEUED_WITH"`) };
  await repository.defineWorkflows(workflows, { maxConcurrentRuns: 1 });
  return { ...repository, goOn };
}

describe('the queue', () => {
  test(
    'holds its limit under 50 launches at once from two processes, and survives a kill -9 of both',
    { timeout: 300_000 },
    async () => {
      const [limit, count] = [4, 50];
      await using repository = await temporaryRepository();
      const log = path.join(repository.path, 'log');
      // Each run takes one away, and ends: no more of them than are wanted, however long nobody looks.
      const leaves = path.join(repository.path, 'leaves');
      const untilTold = `until rm "${leaves}/$(ls ${leaves} | head -n 1)" 2>/dev/null; do sleep 0.05; done`;
      const give = async (from: number, to: number): Promise<void> => {
        for (let leave = from; leave < to; leave += 1) await writeFile(path.join(leaves, String(leave)), '');
      };
      const line = (word: string): string => `echo "${word} $WARDEN_RUN_ID" >> ${log}`;
      const worked = [line('begin'), untilTold, 'sleep 0.2', line('end')].join('; ');
      await repository.defineWorkflows({ worker: shell(worked) }, { maxConcurrentRuns: limit });
      await using scope = await testSupervisor(repository);
      const { supervisor } = scope;
      const messages = Array.from({ length: count / 2 }, (_, index) => `task ${index}`);
      const options = { ...worker(repository), messages };
      const launchers = [1, 2].map(() => startOtherProcess('run-many', options, repository.stateFolder));
      try {
        const accepted = async (): Promise<number> => (await supervisor.recent({ limit: 100 })).length;
        const ended = (): number => linesIn(log).filter(([word]) => word === 'end').length;
        await eventually(async () => (await accepted()) === count && linesIn(log).length === limit, 60_000);
        await mkdir(leaves);
        await give(0, 8);
        await eventually(() => ended() === 8);
      } finally {
        await Promise.all(launchers.map((launcher) => launcher.crash()));
      }
      const left = await queuedRuns(supervisor);
      expect(left.length).toBeGreaterThan(count / 4);
      await give(8, count);

      await using _watch = startOtherProcess('watch', {}, repository.stateFolder);
      const runs = await eventually(async () => {
        const found = (await supervisor.recent({ limit: 100 })).map(({ run }) => run);
        return found.every(({ status }) => isTerminal(status)) ? found : null;
      }, 90_000);
      expect(runs.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'completed'));

      const lines = linesIn(log);
      expect(new Set(lines.map(([, runId]) => runId)).size).toBe(count);
      expect(lines, 'none is started twice').toHaveLength(count * 2);
      expect(mostAtOnce(lines)).toBe(limit);
      const entries = await supervisor.audit({ limit: 10_000 });
      const idsOf = (action: string, outcome: string): (string | null)[] => [
        ...new Set(entries.filter((one) => one.action === action && one.outcome === outcome).map(({ runId }) => runId)),
      ];
      expect(idsOf('turn', 'done'), 'in the order in which they were accepted').toEqual(idsOf('launch', 'asked'));
      expect(scope.failures).toEqual([]);
    },
  );

  test('shows the places, and skips for good what was cancelled, also when its launcher is gone', async () => {
    await using repository = await busyRepository();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await supervisor.run(worker(repository));
    await using other = startOtherProcess(
      'run-many',
      { ...worker(repository), messages: ['a', 'b', 'c'] },
      repository.stateFolder,
    );
    await eventually(async () => (await queuedRuns(supervisor)).length === 3);
    const places = async (): Promise<(readonly [string, number])[]> =>
      (await supervisor.recent({ statuses: ['pending'] }))
        .map(({ run, queueWait }) => [run.runId, queueWait?.place ?? 0] as const)
        .sort(([, one], [, another]) => one - another);
    const [first, second, third] = await places();
    expect([first?.[1], second?.[1], third?.[1]]).toEqual([1, 2, 3]);
    expect(await supervisor.kill(first![0])).toMatchObject({ success: true, processes: 0 });
    await other.crash();
    await supervisor.kill(second![0]);
    expect(await places()).toEqual([[third![0], 1]]);
    supervisor.startWatching(1_000);
    await mkdir(repository.goOn);
    await supervisor.wait(third![0]);
    const statuses = await Promise.all(
      [first, second, third].map(async (one) => (await supervisor.status(one![0])).run),
    );
    expect(statuses).toMatchObject([
      { status: 'terminated', reason: { code: 'cancelled' }, startedAt: null },
      { status: 'terminated', reason: { code: 'cancelled' }, startedAt: null },
      { status: 'completed' },
    ]);
  });

  test('starts a run as its launcher would have, with the environment and the files that it asked for', async () => {
    await using repository = await busyRepository();
    await writeFile(path.join(repository.path, '.gitignore'), 'secret.txt\n');
    await writeFile(path.join(repository.path, 'secret.txt'), 'one');
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const asLauncher = await testSupervisor(
      repository,
      ({ executor }) => ({
        executor: new Proxy(executor, {
          get(target, name) {
            if (name === 'environment') return () => ({ ...target.environment(), QUEUED_WITH: 'its own environment' });
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
      }),
      { leavesRuns: true },
    );
    await supervisor.run(worker(repository));
    const waiting = asLauncher.supervisor.run({ ...worker(repository), include: ['secret.txt'] });
    waiting.catch(() => undefined);
    const [queued] = await eventually(async () => {
      const runs = await queuedRuns(supervisor);
      return existsSync(environmentFile(repository, runs[0]?.runId)) ? runs : null;
    });
    await asLauncher.supervisor.dispose();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await mkdir(repository.goOn);
    supervisor.startWatching(1_000);
    const { run, lastLine } = await supervisor.wait(queued!.runId);
    expect(lastLine).toBe('its own environment');
    expect(readFileSync(path.join(run.worktree!.path, 'secret.txt'), 'utf8')).toBe('one');
    expect(await readdir(path.dirname(environmentFile(repository, run.runId)))).not.toContain('environment');
  });

  test('starts nothing for one who starts nothing', async () => {
    await using repository = await busyRepository();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const first = await supervisor.run(worker(repository));
    await using other = startOtherProcess('run', worker(repository), repository.stateFolder);
    const [queued] = await eventually(async () => {
      const runs = await queuedRuns(supervisor);
      return runs.length === 1 ? runs : null;
    });
    await other.crash();
    let isTrusted = false;
    let asked = 0;
    supervisor.startWatching(1_000, () => {
      asked += 1;
      return isTrusted;
    });
    await mkdir(repository.goOn);
    await supervisor.wait(first.runId);
    const askedBefore = asked;
    await eventually(() => asked > askedBefore + 2);
    expect((await supervisor.status(queued!.runId)).run).toMatchObject({ status: 'pending', queue: { turns: 0 } });
    isTrusted = true;
    expect((await supervisor.wait(queued!.runId)).run.status).toBe('completed');
  });

  test('passes by a launcher that was stopped, who then follows the run that another has started', async () => {
    await using repository = await busyRepository();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await supervisor.run(worker(repository));
    await using other = startOtherProcess('run', worker(repository), repository.stateFolder);
    const [queued] = await eventually(async () => {
      const runs = await queuedRuns(supervisor);
      return existsSync(environmentFile(repository, runs[0]?.runId)) ? runs : null;
    });
    await other.stop();
    supervisor.startWatching(1_000);
    await mkdir(repository.goOn);
    expect((await supervisor.wait(queued!.runId)).run.status).toBe('completed');
    other.goOn();
    expect(await other.exited).toEqual([0, null]);
  });
});

describe('a launch from the queue whose launcher crashes', () => {
  test('in its setup goes back to its place, and nothing half-made is left', async () => {
    await using repository = await temporaryRepository();
    const started = path.join(repository.path, 'started');
    const setup = [
      'sh',
      '-c',
      `echo $WARDEN_RUN_ID >> ${started}; [ "$(wc -l < ${started})" -gt 1 ] || exec sleep 600`,
    ];
    await repository.defineWorkflows({ worker: { command: ['true'], setup } }, { maxConcurrentRuns: 1 });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await using other = startOtherProcess('run', worker(repository), repository.stateFolder);
    await eventually(() => existsSync(started));
    await other.crash();
    await supervisor.reconcile();
    const [report] = await supervisor.recent({});
    expect(report?.run).toMatchObject({ status: 'pending', worktree: null, queue: { waits: true, turns: 1 } });
    expect(report?.queueWait).toEqual({ place: 1, awaits: [] });
    expect(processesOf(report!.run.runId)).toEqual([]);
    expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
    supervisor.startWatching(1_000);
    const { run } = await supervisor.wait(report!.run.runId);
    expect(run).toMatchObject({ status: 'completed', queue: { turns: 2 } });
    expect(linesIn(started)).toHaveLength(2);
  });

  test('right before it lets the command go starts it once, later', async () => {
    await using repository = await temporaryRepository();
    const log = path.join(repository.path, 'log');
    await repository.defineWorkflows({ worker: shell(`echo begin >> ${log}`) }, { maxConcurrentRuns: 1 });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await using other = startOtherProcess('run-until-release', worker(repository), repository.stateFolder);
    await other.exited;
    expect((await supervisor.recent({}))[0]?.run.status).toBe('running');
    expect(existsSync(log)).toBe(false);
    supervisor.startWatching(1_000);
    const [report] = await supervisor.recent({});
    const { run } = await supervisor.wait(report!.run.runId);
    expect(run).toMatchObject({ status: 'completed', exitCode: 0, queue: { turns: 2 } });
    expect(linesIn(log)).toHaveLength(1);
  });
});

describe('a retry whose launcher crashes', () => {
  test('is made all the same, since nobody asks for it again', async () => {
    await using repository = await temporaryRepository();
    const started = path.join(repository.path, 'started');
    const isHow = (comparison: string): string => `[ "$(wc -l < ${started})" ${comparison} ]`;
    const setup = ['sh', '-c', `echo x >> ${started}; ${isHow('-ne 2')} || exec sleep 600`];
    const retry = { attempts: 1, backoffSeconds: 0 };
    await repository.defineWorkflows({ worker: { ...shell(isHow('-gt 1')), setup, retry } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const first = await supervisor.run(worker(repository));
    await supervisor.wait(first.runId);
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    await eventually(() => linesIn(started).length === 2);
    await other.crash();

    supervisor.startWatching(500);

    const runs = await eventually(async () => {
      const found = (await supervisor.recent({})).map(({ run }) => run);
      return found.every(({ status }) => isTerminal(status)) ? found : null;
    });
    expect(runs).toMatchObject([
      { status: 'completed', restartedFrom: first.runId, retryNumber: 1 },
      { runId: first.runId, status: 'failed' },
    ]);
  });
});

function environmentFile({ stateFolder }: TemporaryRepository, runId = ''): string {
  return path.join(stateFolder, 'runs', runId, 'environment');
}

function linesIn(file: string): string[][] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(' '));
}

function mostAtOnce(lines: readonly (readonly string[])[]): number {
  let [now, most] = [0, 0];
  for (const [word] of lines) {
    now += word === 'begin' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

describe('a run that waits for others', () => {
  test('takes no slot, holds up nobody, and starts when all have completed, what took their places included', async () => {
    await using repository = await temporaryRepository();
    const [first, second] = [path.join(repository.path, 'first'), path.join(repository.path, 'second')];
    const untilThere = (file: string): string => `until [ -e ${file} ]; do sleep 0.05; done`;
    await repository.defineWorkflows(
      {
        flaky: {
          ...shell(`[ -e ${first} ] || { touch ${first}; exit 1; }; ${untilThere(second)}`),
          retry: { attempts: 1, backoffSeconds: 0 },
        },
        quick: shell('true'),
      },
      { maxConcurrentRuns: 2 },
    );
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const launch = (workflowName: string, after: readonly string[] = []): Promise<Run> =>
      supervisor.run({ workflowName, directory: repository.path, message: '', after });
    const flaky = await launch('flaky');
    const waiting = launch('quick', [flaky.runId]);
    const [queued] = await eventually(async () => {
      const runs = await queuedRuns(supervisor);
      return runs.length === 1 ? runs : null;
    });
    expect((await supervisor.status(queued!.runId)).queueWait).toEqual({ place: null, awaits: [flaky.runId] });
    await supervisor.wait((await launch('quick')).runId);
    await supervisor.wait(flaky.runId);
    supervisor.startWatching(1_000);
    await eventually(async () => (await supervisor.recent({ statuses: ['running'] })).length === 1);
    expect((await supervisor.status(flaky.runId)).run.status).toBe('failed');
    expect((await supervisor.status(queued!.runId)).run.status).toBe('pending');
    await mkdir(second);
    expect((await waiting).runId).toBe(queued!.runId);
    expect((await supervisor.wait(queued!.runId)).run.status).toBe('completed');
  });

  test('is cancelled, and says why, when one of them was killed', async () => {
    await using repository = await busyRepository();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const awaited = await supervisor.run(worker(repository));
    const waiting = supervisor.run({ ...worker(repository), after: [awaited.runId] });
    await eventually(async () => (await queuedRuns(supervisor)).length === 1);
    const { success } = await supervisor.kill(awaited.runId);
    expect(success).toBe(true);
    expect(await waiting).toMatchObject({
      status: 'terminated',
      startedAt: null,
      reason: { code: 'dependency_ended', runId: awaited.runId, status: 'terminated' },
    });
  });

  test('is not accepted where one of them is not known', async () => {
    await using repository = await busyRepository();
    await using scope = await testSupervisor(repository);
    const launch = scope.supervisor.run({ ...worker(repository), after: ['run_0123456789ab'] });
    await expect(launch).rejects.toMatchObject({ code: 'unknown_run' });
    expect(await scope.supervisor.recent({})).toEqual([]);
  });
});
