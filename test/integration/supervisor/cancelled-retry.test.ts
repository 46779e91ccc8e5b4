import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { replacedMethods } from '../../support/replaced-methods.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const failing = (backoffSeconds: number) => ({ ...shell('exit 3'), retry: { attempts: 2, backoffSeconds } });

/** It is over, and to be started again after its back-off. */
async function failedRun({ path }: TemporaryRepository, supervisor: Supervisor): Promise<Run> {
  const { runId } = await supervisor.run({ workflowName: 'flaky', directory: path, message: '' });
  return (await supervisor.wait(runId)).run;
}

describe('a kill of a run that has failed and is to be started again', () => {
  test('ends that for good, and is stored, shown and audited', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ flaky: failing(600), next: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await failedRun(repository, supervisor);
    expect((await supervisor.status(runId)).retry).toMatchObject({ stopped: null, nextAt: expect.any(Number) });
    expect(await supervisor.active()).toMatchObject([{ runId }]);

    const report = await supervisor.kill(runId, { why: 'enough' });

    expect(report).toMatchObject({ success: true, processes: 0, cancelled: 'retry' });
    expect(await supervisor.status(runId)).toMatchObject({
      run: { status: 'failed', exitCode: 3, isRetryCancelled: true },
      retry: { nextAt: null, stopped: 'cancelled' },
    });
    expect(await supervisor.audit({ runId, action: 'kill' })).toMatchObject([{ outcome: 'asked', why: 'enough' }]);
    expect(await supervisor.active()).toEqual([]);
    // Nothing is left to be ended, and the answer is the same.
    expect(await supervisor.kill(runId)).toEqual(report);
    // A person may start it again, and then it is over for good.
    const again = await supervisor.restart(runId);
    expect(again).toMatchObject({ restartedFrom: runId, isRetryCancelled: false });
    await expect(supervisor.kill(runId)).rejects.toMatchObject({
      code: 'run_is_over',
      facts: { replacedBy: again.runId },
    });
    await supervisor.kill((await supervisor.wait(again.runId)).run.runId);
  });

  test('leaves nothing to be stayed for, and nothing to be waited for', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ flaky: failing(600), next: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await failedRun(repository, supervisor);
    const next = supervisor.run({ workflowName: 'next', directory: repository.path, message: '', after: [runId] });
    await using other = await testSupervisor(repository, undefined, { leavesRuns: true });
    const ended = other.supervisor.standIn({
      intervalMilliseconds: 500,
      mayLaunch: () => true,
      maxAgeHours: () => null,
      until: { anyoneElseWatches: false },
      signal: new AbortController().signal,
    });
    await eventually(async () => (await supervisor.watcher()) !== null);

    await supervisor.kill(runId);

    expect(await next).toMatchObject({ status: 'terminated', reason: { code: 'dependency_ended', runId } });
    expect(await ended).toBe('no_active_run');
    expect((await supervisor.recent({})).map(({ run }) => run.restartedFrom)).toEqual([null, null]);
  });

  test('ends it also where the retry is just being made', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ flaky: failing(0) });
    await using person = await testSupervisor(repository);
    let tried = 0;
    await using scope = await testSupervisor(
      repository,
      ({ store }) => ({
        store: replacedMethods(store, {
          insertRun: async (run, audit, replacing) => {
            if (run.restartedFrom !== null) {
              await person.supervisor.kill(run.restartedFrom);
              tried += 1;
            }
            return store.insertRun(run, audit, replacing);
          },
        }),
      }),
      { leavesRuns: true },
    );
    const { runId } = await failedRun(repository, person.supervisor);
    scope.supervisor.startWatching(500);

    await eventually(() => tried > 0);

    await scope.supervisor.settled();
    expect((await person.supervisor.recent({})).map(({ run }) => run.runId)).toEqual([runId]);
    expect(scope.failures).toEqual([]);
  });
});
