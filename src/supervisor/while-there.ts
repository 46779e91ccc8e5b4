import type { Repository } from '../core/ports/worktrees.ts';
import type { World } from './world.ts';

/**
 * What fails since the repository was removed or spoiled meanwhile is told as that, and not as whatever it failed by.
 * @throws WardenError as `repositoryOf` does, and what the work throws
 */
export async function whileThere<Result>(
  { worktrees }: Pick<World, 'worktrees'>,
  { path }: Repository,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await worktrees.repositoryOf(path);
    throw error;
  }
}
