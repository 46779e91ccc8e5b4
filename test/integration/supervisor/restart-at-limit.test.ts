import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { replacedMethods } from '../../support/replaced-methods.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

/** Hangs the first time, and has to be killed by force; whoever comes after it has nothing to do. */
const hangsOnce = (folder: string) => {
  const marker = path.join(folder, 'hung-once');
  return {
    ...shell(`trap '' TERM; [ -e ${marker} ] && exit 0; touch ${marker}; while :; do sleep 1; done`),
    stuckAfterMinutes: 2 / 60,
    onStuck: 'restart',
    kill: { gracefulSeconds: 4, forcedSeconds: 1 },
  };
};

describe('a run that its workflow wants started again', () => {
  test('is so, once, when whoever was ending it crashes in the middle of that', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: hangsOnce(repository.path) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const first = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: 'go on' });
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    await eventually(async () => (await supervisor.recent({}))[0]?.run.status === 'terminating');
    await other.crash();

    supervisor.startWatching(500);
    await using third = await testSupervisor(repository, undefined, { leavesRuns: true });
    third.supervisor.startWatching(500);

    const runs = await eventually(async () => {
      const found = (await supervisor.recent({})).map(({ run }) => run);
      return found[0]?.status === 'completed' ? found : null;
    }, 30_000);
    expect(runs).toMatchObject([
      { status: 'completed', restartedFrom: first.runId, message: 'go on', retryNumber: 1 },
      { runId: first.runId, killReport: { success: true }, followUp: 'restart' },
    ]);
    expect(runs).toHaveLength(2);
  });

  test('is so by another, when whoever ended it could not start the new one', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: hangsOnce(repository.path) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const first = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    {
      await using other = await testSupervisor(repository, startingNothing, { leavesRuns: true });
      other.supervisor.startWatching(500);
      await eventually(() => other.failures.length > 0);
    }
    expect((await supervisor.recent({})).map(({ run }) => run.status)).toEqual([
      expect.stringMatching(/^(killed|terminated)$/),
    ]);

    supervisor.startWatching(500);

    await eventually(async () => (await supervisor.recent({}))[0]?.run.status === 'completed');
    expect((await supervisor.recent({}))[0]?.run.restartedFrom).toBe(first.runId);
  });

  test('is not when a person kills it before the new one was started', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: hangsOnce(repository.path) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    {
      await using other = await testSupervisor(repository, startingNothing, { leavesRuns: true });
      other.supervisor.startWatching(500);
      await eventually(() => other.failures.length > 0);
    }
    expect((await supervisor.status(runId)).run).toMatchObject({ followUp: 'restart' });

    expect(await supervisor.kill(runId)).toMatchObject({ success: true });

    expect((await supervisor.status(runId)).run).toMatchObject({ followUp: null });
  });

  test('is not when a person kills it meanwhile', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: hangsOnce(repository.path) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    {
      await using other = await testSupervisor(repository, undefined, { leavesRuns: true });
      other.supervisor.startWatching(500);
      await eventually(async () => (await supervisor.recent({}))[0]?.run.status === 'terminating');
      expect(await supervisor.kill(runId, { why: 'enough' })).toMatchObject({ success: true });
      await other.supervisor.settled();
      expect(other.failures).toEqual([]);
    }
    const runs = (await supervisor.recent({})).map(({ run }) => run);
    expect(runs).toMatchObject([{ runId, followUp: null }]);
  });
});

describe('a run that was given more time at the very moment when it was to be ended', () => {
  test('goes on', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ late: { ...shell('sleep 600'), timeoutMinutes: 1 / 60 } });
    await using person = await testSupervisor(repository);
    let given = 0;
    await using scope = await testSupervisor(
      repository,
      ({ store }) => ({
        store: replacedMethods(store, {
          change: async (runId, expected, patch, audit) => {
            if (patch.status === 'terminating') {
              await person.supervisor.extend(runId, 60);
              given += 1;
            }
            return store.change(runId, expected, patch, audit);
          },
        }),
      }),
      { leavesRuns: true },
    );
    const { runId } = await person.supervisor.run({ workflowName: 'late', directory: repository.path, message: '' });
    scope.supervisor.startWatching(500);

    await eventually(() => given > 0);

    await scope.supervisor.settled();
    expect((await person.supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
    expect(given).toBe(1);
  });
});

const startingNothing = ({ store }: Ports): Partial<Ports> => ({
  store: replacedMethods(store, { insertRun: () => Promise.reject(new Error('cut off')) }),
});
