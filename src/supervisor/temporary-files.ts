import type { RemovedFiles } from '../core/aftermath.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** A report waits no longer for files to be removed. */
const limitMilliseconds = 2_000;

/** Makes the run's own folder for temporary files. @returns null where there can be none; the run goes without then */
export async function makeTemporaryFolder(world: World, { runId }: Run): Promise<string | null> {
  try {
    return await world.temporaryFolders.create(runId);
  } catch (error) {
    world.diagnostics.failed(`making a folder for temporary files of ${runId}`, error);
    return null;
  }
}

/**
 * Removes the run's folder for temporary files, if it has one.
 * @returns what was removed so far when it takes long: the rest goes on in the background
 */
export async function removeTemporaryFiles(world: World, { runId }: Pick<Run, 'runId'>): Promise<RemovedFiles | null> {
  let [files, bytes] = [0, 0];
  const removing = world.temporaryFolders.remove(runId, (size) => {
    files += 1;
    bytes += size;
  });
  world.goesOn(`removing the temporary files of ${runId}`, removing);
  const found = await within(world.clock, limitMilliseconds, removing).catch(() => null);
  return found === false ? null : { files, bytes, complete: found === true };
}

/**
 * Removes those of a repository's runs that are over and have no worktree any more, as when a person removed it.
 * @param withWorktree runs that still have one, or that are not to be touched for another reason
 */
export async function removeForgottenTemporaryFiles(
  world: World,
  repository: string,
  withWorktree: ReadonlySet<RunId>,
): Promise<void> {
  try {
    for (const runId of await world.temporaryFolders.runs()) {
      const run = withWorktree.has(runId) ? null : await world.store.run(runId);
      if (run?.repository === repository && isTerminal(run.status)) await removeTemporaryFiles(world, run);
    }
  } catch (error) {
    world.diagnostics.failed('removing temporary files of runs without a worktree', error);
  }
}
