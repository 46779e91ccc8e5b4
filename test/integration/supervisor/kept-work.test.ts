import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

test('what is only in checkpoints is listed, and a worktree that it was restored into is looked at and kept by itself', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell('echo x > work'), idle: shell('exit 0') });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const directory = repository.path;
  const finished = async (workflowName: string) => {
    const { runId } = await supervisor.run({ workflowName, directory, message: '' });
    await supervisor.wait(runId);
    return runId;
  };
  await finished('idle');
  const runId = await finished('worker');
  const other = await finished('idle');
  expect(await supervisor.keptWork(directory)).toEqual([]);
  await supervisor.cleanup({ directory, maxAgeHours: 0, force: true, dryRun: false });
  expect(await supervisor.keptWork(directory)).toMatchObject([
    { run: { runId }, checkpoints: [{ number: 1, why: 'removal', files: 1 }] },
  ]);

  const restored = await supervisor.restore(runId);
  expect((await supervisor.changesOf(runId, restored.path)).files).toEqual([{ path: 'work', change: 'added' }]);
  await writeFile(path.join(restored.path, 'more'), 'y');
  expect(await supervisor.checkpoint(runId, restored.path)).toBe(`refs/warden/checkpoints/${runId}/2`);
  for (const stranger of [directory, path.dirname(restored.path)]) {
    await expect(supervisor.checkpoint(runId, stranger)).rejects.toMatchObject({ code: 'no_worktree' });
    await expect(supervisor.changesOf(runId, stranger)).rejects.toMatchObject({ code: 'no_worktree' });
  }
  await expect(supervisor.changesOf(other, restored.path)).rejects.toMatchObject({ code: 'no_worktree' });
  await expect(supervisor.changesOf(runId)).rejects.toMatchObject({ code: 'no_worktree' });
});
