import { WardenError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

/**
 * The run's own worktree, or the one asked for, if that is its too: its work may have been restored into more of them.
 * @throws WardenError no_worktree
 */
export async function worktreeOfRun(world: World, run: Run, asked: string | undefined): Promise<string> {
  const { runId, worktree } = run;
  if (worktree !== null && (asked ?? worktree.path) === worktree.path) return worktree.path;
  if (asked === undefined) throw new WardenError('no_worktree', { runId });
  const worktrees = await world.worktrees.list(await world.worktrees.repositoryOf(run.repository));
  const found = worktrees.find((one) => one.runId === runId && one.path === asked);
  if (found === undefined) throw new WardenError('no_worktree', { runId });
  return found.path;
}
