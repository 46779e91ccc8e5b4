import type { Run } from './run.ts';
import { isTerminal } from './run-status.ts';

/**
 * A run as it comes back from a backup and its folder, which is newer. A status that was final then is final; and where the
 * folder has lost its state, and only tells that the run may live, its processes are those of the backup.
 */
export function restoredRun(backedUp: Run | null, recorded: Run): Run {
  if (backedUp === null) return recorded;
  if (isTerminal(backedUp.status) && recorded.status !== backedUp.status) return backedUp;
  const isStateLost = recorded.status === 'running' && recorded.process === null;
  if (!isStateLost) return recorded;
  const { process, stop, worktree, launcher } = backedUp;
  return { ...recorded, process, stop, launcher, worktree: worktree ?? recorded.worktree };
}
