import type { RunId } from './run-id.ts';

/**
 * What stands in WARDEN_RUN_ID of a git that looks at the worktree of a run, and of the repository's own filters that it
 * runs, which may never end: by this they are found. It is no run's id, since they are none of its processes.
 */
export function lookCookie(runId: RunId): string {
  return `${runId}/look`;
}
