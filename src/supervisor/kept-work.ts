import type { Checkpoint } from '../core/checkpoint.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import type { World } from './world.ts';

/** A run whose worktree has gone and whose work is in checkpoints. */
export interface KeptWork {
  readonly run: Run;
  /** Oldest first, at least one, as they were written down last. */
  readonly checkpoints: readonly Checkpoint[];
}

/** Of more runs than these, the newest, nobody is told. */
const mostRuns = 200;

/** What of a repository's runs is only in checkpoints, the newest first. @throws WardenError not_a_repository */
export async function keptWork(world: World, directory: string): Promise<readonly KeptWork[]> {
  const { worktrees, store } = world;
  const repository = await worktrees.repositoryOf(directory);
  const { runs } = await store.runs({ repository: repository.path, limit: mostRuns });
  const gone = runs.filter(({ worktree, status }) => worktree === null && isTerminal(status));
  const kept = await Promise.all(gone.map(async (run) => ({ run, checkpoints: await store.checkpoints(run.runId) })));
  return kept.filter(({ checkpoints }) => checkpoints.length > 0);
}
