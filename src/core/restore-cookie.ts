import type { RunId } from './run-id.ts';

/**
 * What stands in WARDEN_RUN_ID of the processes that bring a checkpoint of a run back, which may go on when whoever began
 * it is gone: by this they are found. It is no run's id, since they are none of its processes.
 * @param branch the new worktree's, which no other has
 */
export function restoreCookie(runId: RunId, branch: string): string {
  return `${runId}/restore/${branch}`;
}
