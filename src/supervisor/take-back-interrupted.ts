import { isWardenError } from '../core/errors.ts';
import { endOwnGit } from './end-own-git.ts';
import type { World } from './world.ts';

/** Of the newest runs so many are looked at for where their repositories are. */
const newestRuns = 500;

/** Takes back, in all repositories that are known, what restores and checkpoints left half-made that were cut off. */
export async function takeBackInterrupted(world: World): Promise<void> {
  const { runs } = await world.store.runs({ limit: newestRuns });
  for (const path of new Set(runs.map(({ repository }) => repository))) {
    try {
      const repository = await world.worktrees.repositoryOf(path);
      await world.worktrees.takeBackInterrupted(repository, (cookie) => endOwnGit(world, cookie));
    } catch (error) {
      // Repositories come and go.
      if (isWardenError(error, 'not_a_repository')) continue;
      world.diagnostics.failed(`taking back what was cut off in ${path}`, error);
    }
  }
}
