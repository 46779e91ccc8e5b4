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

test('a dry run names what would keep a worktree from being removed, as the removal does', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({
    worker: shell('git init --quiet ignored/inside && echo x > ignored/inside/work'),
  });
  await writeFile(path.join(repository.path, '.gitignore'), 'ignored\n');
  await repository.git('add', '.');
  await repository.git('commit', '--quiet', '-m', 'Ignore');
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const directory = repository.path;
  const { runId } = await supervisor.run({ workflowName: 'worker', directory, message: '' });
  await supervisor.wait(runId);
  const detail = expect.stringContaining('ignored/inside is a repository of its own');
  for (const dryRun of [true, false]) {
    const { removed, kept } = await supervisor.cleanup({ directory, maxAgeHours: 0, dryRun });
    expect(removed).toEqual([]);
    expect(kept).toMatchObject([{ runId, reasons: [{ code: 'failed', detail }] }]);
  }
});
