import type { Aftermath, Port, RepositoryState } from '../core/aftermath.ts';
import type { Run } from '../core/run.ts';
import { portStatesOf } from './own-ports.ts';
import { removeTemporaryFiles } from './temporary-files.ts';
import type { World } from './world.ts';

/**
 * Looks after what a run left once it is proved that nobody of it lives. Nothing that fails here undoes the proof.
 * @param ownPorts those on which it listened before
 */
export async function lookAfter(world: World, run: Run, ownPorts: readonly Port[]): Promise<Aftermath> {
  const begun = world.clock.monotonic();
  const [{ locksRemoved, repository }, ports, temporaryFiles] = await Promise.all([
    lookAfterRepository(world, run),
    portStatesOf(world, ownPorts),
    // What came to its end without a kill may have told somebody of a file that is there.
    run.stop?.kind === 'kill' ? removeTemporaryFiles(world, run) : null,
  ]);
  return { locksRemoved, temporaryFiles, ports, repository, durationMilliseconds: world.clock.monotonic() - begun };
}

async function lookAfterRepository(
  world: World,
  { worktree }: Run,
): Promise<Pick<Aftermath, 'locksRemoved' | 'repository'>> {
  if (worktree === null) return { locksRemoved: [], repository: { state: 'unknown', detail: null } };
  const locksRemoved = await removeLocks(world, worktree.path);
  const repository: RepositoryState = await world.worktrees.usabilityOf(worktree.path);
  return { locksRemoved, repository };
}

async function removeLocks(world: World, worktreePath: string): Promise<readonly string[]> {
  try {
    return await world.worktrees.removeStaleLocks(worktreePath);
  } catch (error) {
    world.diagnostics.failed('removing stale git locks', error);
    return [];
  }
}
