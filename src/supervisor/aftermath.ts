import type { Aftermath } from '../core/aftermath.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

/** Looks after what a run left once it is proved that nobody of it lives. Nothing that fails here undoes the proof. */
export async function lookAfter(world: World, run: Run): Promise<Aftermath> {
  const begun = world.clock.monotonic();
  return {
    locksRemoved: await removeLocks(world, run),
    temporaryFiles: null,
    ports: [],
    repository: { state: 'unknown', detail: null },
    durationMilliseconds: world.clock.monotonic() - begun,
  };
}

async function removeLocks(world: World, run: Run): Promise<readonly string[]> {
  if (run.worktree === null) return [];
  try {
    return await world.worktrees.removeStaleLocks(run.worktree.path);
  } catch (error) {
    world.diagnostics.failed('removing stale git locks', error);
    return [];
  }
}
