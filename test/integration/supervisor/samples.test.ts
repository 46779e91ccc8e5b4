import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

test('samples of a run are there while it runs, for everybody, and stay when it is over and nobody watches', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell('echo hello; while :; do :; done') });
  await using scope = await testSupervisor(repository);
  const watching = await testSupervisor(repository, () => ({}), { leavesRuns: true });
  watching.supervisor.startWatching(500);
  const { runId } = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const latest = await eventually(async () => {
    const sample = (await scope.supervisor.samples(runId)).at(-1);
    return sample !== undefined && sample.cpuPercent > 0 ? sample : null;
  });
  expect(latest).toMatchObject({ processes: 1, outputBytes: 6 });
  expect(latest.memoryBytes).toBeGreaterThan(100_000);
  await scope.supervisor.kill(runId);
  const kept = await eventually(async () => {
    const samples = await scope.supervisor.samples(runId);
    return samples.length > 1 ? samples : null;
  });
  expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((one, other) => one - other));
  await watching.supervisor.dispose();
  expect(await scope.supervisor.samples(runId)).toEqual(kept);
  await expect(scope.supervisor.samples('run_0123456789ab')).rejects.toMatchObject({ code: 'unknown_run' });
});
