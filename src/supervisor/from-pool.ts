import { isLookFresh } from '../core/pool.ts';
import type { HandOutWorktree } from '../core/ports/worktrees.ts';
import type { World } from './world.ts';

/**
 * Gives a run a prepared worktree of exactly its base, if there is one. Unless every file of it was looked at a moment ago
 * that is done before anything is copied into it or started in it: one that somebody has changed is not used, and what was
 * changed is kept in a checkpoint of the run.
 * @returns false when there is none; nothing was made then
 * @throws WardenError as `create` does, and is taken back like it
 */
export async function fromPool(world: World, request: Omit<HandOutWorktree, 'isOccupied'>): Promise<boolean> {
  const { worktrees, clock } = world;
  const { repository, path, runId } = request;
  const handedOut = await worktrees.handOut({ ...request, isOccupied: (folder) => isOccupied(world, folder) });
  if (handedOut === null) return false;
  if (isLookFresh(handedOut.lookedAt, clock.now()) || (await worktrees.isAsCreated(request))) {
    if (handedOut.mayHaveHook) await worktrees.afterCheckout(request);
    return true;
  }
  await worktrees.checkpoint({ path, runId, why: 'removal' });
  await worktrees.undo(repository, request);
  return false;
}

export async function isOccupied({ executor }: World, path: string): Promise<boolean> {
  return (await executor.occupantsOf(path)).length > 0;
}
