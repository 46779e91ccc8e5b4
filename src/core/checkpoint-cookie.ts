import type { RunId } from './run-id.ts';

/**
 * What stands in WARDEN_RUN_ID of the processes that keep the work of a run which is over. Git runs the repository's own
 * filters, and these may never end: by this they are found. It is no run's id, since they are none of its processes.
 */
export function checkpointCookie(runId: RunId): string {
  return `${runId}/checkpoint`;
}
