import type { Aftermath, Port, RepositoryState } from '../core/aftermath.ts';
import { type Shortage, shortagesOf } from '../core/machine.ts';
import type { Run } from '../core/run.ts';
import { portStatesOf } from './own-ports.ts';
import { removeTemporaryFiles } from './temporary-files.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** No report waits longer for git, whatever keeps that; a look takes it some milliseconds. */
const gitMilliseconds = 10_000;

/** Nor for the machine, which tells in less than one. */
const machineMilliseconds = 1_000;

/**
 * Looks after what a run left once it is proved that nobody of it lives. Nothing that fails here undoes the proof.
 * @param ownPorts those on which it listened before
 */
export async function lookAfter(world: World, run: Run, ownPorts: readonly Port[]): Promise<Aftermath> {
  const begun = world.clock.monotonic();
  const [{ locksRemoved, repository }, ports, temporaryFiles, shortages] = await Promise.all([
    lookAfterRepository(world, run),
    portStatesOf(world, ownPorts),
    // What came to its end without a kill may have told somebody of a file that is there.
    run.stop?.kind === 'kill' ? removeTemporaryFiles(world, run) : null,
    shortagesNow(world, run),
  ]);
  const durationMilliseconds = world.clock.monotonic() - begun;
  return { locksRemoved, temporaryFiles, ports, repository, shortages: shortages ?? [], durationMilliseconds };
}

/** Null when the machine did not tell in time, as of a disk that is on another machine. */
function shortagesNow({ clock, machine, folders }: World, run: Run): Promise<readonly Shortage[] | null> {
  const paths = [folders.pathOf(run.runId), ...(run.worktree === null ? [] : [run.worktree.path])];
  const look = machine.look(paths).then(shortagesOf, () => []);
  return within(clock, machineMilliseconds, look);
}

const tooLate: RepositoryState = { state: 'unknown', detail: 'git did not answer in time' };

async function lookAfterRepository(
  world: World,
  { worktree }: Run,
): Promise<Pick<Aftermath, 'locksRemoved' | 'repository'>> {
  if (worktree === null) return { locksRemoved: [], repository: { state: 'unknown', detail: null } };
  const looking = within(world.clock, gitMilliseconds, world.worktrees.usabilityOf(worktree.path));
  // What it reads needs no lock, and a lock that is left does not keep it from that.
  const [locksRemoved, repository] = await Promise.all([removeLocks(world, worktree.path, looking), looking]);
  return { locksRemoved, repository: repository ?? tooLate };
}

async function removeLocks(world: World, worktreePath: string, ours: Promise<unknown>): Promise<readonly string[]> {
  try {
    return await world.worktrees.removeStaleLocks(worktreePath, ours);
  } catch (error) {
    world.diagnostics.failed('removing stale git locks', error);
    return [];
  }
}
