import { WardenError } from '../core/errors.ts';
import { readableMessage } from '../core/run-files.ts';
import type { Run } from '../core/run.ts';
import { isRunId } from '../core/run-id.ts';
import { endIfOver } from './reconcile.ts';
import type { World } from './world.ts';

/**
 * Takes a sign of life that a run gives. It is written into the run's folder, as the run could itself, and the next look
 * finds it there: nothing is audited, and no database is written.
 * @param runId as the run's environment names it
 * @throws WardenError not_in_a_run when there is no such run, run_not_running, disk_full, state_folder_not_writable
 */
export async function heartbeat(world: World, runId: string, message: string | null): Promise<Run> {
  const found = isRunId(runId) ? await world.store.run(runId) : null;
  if (found === null) throw new WardenError('not_in_a_run', { runDirectory: null, runId });
  const run = await endIfOver(world, found);
  if (run.status !== 'running') throw new WardenError('run_not_running', { runId: run.runId, status: run.status });
  await world.folders.giveHeartbeat(run.runId, message === null ? null : readableMessage(message));
  return run;
}
