import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { forgetLook } from '../../support/forget-look.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

async function pooled(repository: TemporaryRepository) {
  const worktrees = gitWorktrees();
  return worktrees.pooled(await worktrees.repositoryOf(repository.path));
}

async function readyIn(repository: TemporaryRepository) {
  return eventually(async () => {
    const [one] = await pooled(repository);
    expect(one?.state).toBe('ready');
    return one!;
  });
}

test('whoever watches prepares a worktree once a run has begun; the next gets it, and what it includes and sets up', async () => {
  await using repository = await temporaryRepository();
  await writeFile(path.join(repository.path, '.git/info/exclude'), '.env\n');
  await writeFile(path.join(repository.path, '.env'), 'secret');
  const workflow = { ...shell('sleep 600'), include: ['.env'], setup: ['sh', '-c', 'cp .env set-up'] };
  await repository.defineWorkflows({ worker: workflow }, { pool: 1 });
  await using scope = await testSupervisor(repository);
  scope.supervisor.startWatching(200);
  const launch = () => scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  await launch();
  const prepared = await readyIn(repository);
  const run = await launch();
  expect(await repository.git('worktree', 'list')).not.toContain(prepared.path);
  expect(await readFile(path.join(run.worktree!.path, 'set-up'), 'utf8')).toBe('secret');
  expect(await repository.git('-C', run.worktree!.path, 'branch', '--show-current')).toBe(run.worktree!.branch);
  const next = await readyIn(repository);
  expect(next.id).not.toBe(prepared.id);
  const worktrees = await scope.supervisor.worktrees({ directory: repository.path });
  expect(worktrees).toHaveLength(2);
  // One that somebody changed is not used, and what was changed is kept.
  await forgetLook(next.path);
  await writeFile(path.join(next.path, 'README.md'), 'changed');
  const another = await launch();
  expect(await readFile(path.join(another.worktree!.path, 'README.md'), 'utf8')).toBe('# A repository\n');
  const kept = `refs/warden/checkpoints/${another.runId}/1:README.md`;
  expect(await repository.git('cat-file', 'blob', kept)).toBe('changed');
  await repository.defineWorkflows({ worker: workflow });
  await launch();
  await eventually(async () => (await pooled(repository)).length === 0);
  expect(scope.failures).toEqual([]);
});
