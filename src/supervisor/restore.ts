import type { Checkpoint } from '../core/checkpoint.ts';
import type { RestoredWorktree } from '../core/ports/worktrees.ts';
import type { Run } from '../core/run.ts';
import { branchFor, worktreePathFor } from '../core/worktree-names.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { endOwnGit } from './end-own-git.ts';
import { failureWords } from './failure-words.ts';
import { findRun, findRunFor } from './find-run.ts';
import { auditOf, type World } from './world.ts';

export interface RestoreOptions {
  /** Number of the checkpoint; the last one when absent. */
  readonly checkpoint?: number;
}

/** A run whose work was brought back, and where. */
export interface Restored extends RestoredWorktree {
  readonly run: Run;
}

/** The checkpoints of a run, the oldest first. @throws WardenError unknown_run, git_failed */
export async function checkpoints(world: World, runId: string): Promise<readonly Checkpoint[]> {
  const run = await findRun(world.store, runId);
  const there = await world.worktrees.checkpointsOf(await world.worktrees.repositoryOf(run.repository), run.runId);
  return there.map(({ branch: _branch, ...checkpoint }) => checkpoint);
}

/**
 * Brings a checkpoint of a run back into a new worktree, which belongs to the run as its own one does: it is listed and
 * cleaned up by the same rules, its age counted from now.
 * @throws WardenError unknown_run, no_checkpoint, disk_full, git_failed; nothing is left behind then
 */
export async function restore(world: World, runId: string, options: RestoreOptions = {}): Promise<Restored> {
  // Where it cannot be read the new worktree would belong to a run that nobody knows.
  await world.store.requireDatabase();
  const run = await findRunFor(world, 'restore', runId);
  const number = options.checkpoint ?? null;
  const repository = await auditingRefusal(world, 'restore', { runId: run.runId, facts: { number } }, () =>
    world.worktrees.repositoryOf(run.repository),
  );
  await world.store.audit(auditOf(world, run.runId, 'restore', 'asked', { facts: { number } }));
  try {
    const restored = await world.worktrees.restore({
      repository,
      runId: run.runId,
      names: {
        path: await world.worktrees.placeOf(worktreePathFor(repository.path, run.workflowName, run.runId)),
        branch: branchFor(run.workflowName, run.runId),
      },
      number,
      at: world.clock.now(),
      endWorkers: (cookie) => endOwnGit(world, cookie),
      signal: world.disposed,
    });
    const { path, branch, checkpoint } = restored;
    const facts = { worktree: path, branch, checkpoint: checkpoint.ref };
    await world.store.audit(auditOf(world, run.runId, 'restore', 'done', { facts }));
    return { run, ...restored };
  } catch (error) {
    const facts = { number, detail: failureWords(error) };
    await world.store.audit(auditOf(world, run.runId, 'restore', 'failed', { facts }));
    throw error;
  }
}
