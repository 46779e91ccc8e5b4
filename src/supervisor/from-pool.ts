import type { HandOutWorktree } from '../core/ports/worktrees.ts';
import type { World } from './world.ts';

/**
 * Gives a run a prepared worktree of exactly its base, if there is one. Every file of it is looked at before anything is
 * copied into it or started in it: one that somebody changed meanwhile is not used, and what was changed is kept in a
 * checkpoint of the run.
 * @returns false when there is none; nothing was made then
 * @throws WardenError as `create` does, and is taken back like it
 */
export async function fromPool(world: World, request: Omit<HandOutWorktree, 'isOccupied'>): Promise<boolean> {
  const { worktrees } = world;
  const { repository, path, runId } = request;
  if (!(await worktrees.handOut({ ...request, isOccupied: (folder) => isOccupied(world, folder) }))) return false;
  if (await worktrees.isAsCreated(request)) return true;
  await worktrees.checkpoint({ path, runId, why: 'removal' });
  await worktrees.undo(repository, request);
  return false;
}

export async function isOccupied({ executor }: World, path: string): Promise<boolean> {
  return (await executor.occupantsOf(path)).length > 0;
}
