import { portVariables } from '../core/port-range.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

/** What a run's commands are told in their environment, on top of what they start from. */
export function runVariables(world: World, run: Run): Record<string, string> {
  return {
    ...run.workflow.env,
    ...portVariables(run.ports),
    WARDEN_RUN_ID: run.runId,
    WARDEN_RUN_DIR: world.folders.pathOf(run.runId),
    WARDEN_ROOT: run.repository,
    WARDEN_MESSAGE: run.message,
    WARDEN_CHECKPOINT_DIR: world.folders.checkpointFolderOf(run.runId),
    ...(run.restartedFrom === null ? {} : { WARDEN_RESTARTED_FROM: run.restartedFrom }),
    ...(run.parentRunId === null ? {} : { WARDEN_PARENT_RUN_ID: run.parentRunId }),
  };
}
