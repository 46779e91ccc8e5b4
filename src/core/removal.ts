import type { RunId } from './run-id.ts';
import { isTerminal, type RunStatus } from './run-status.ts';

/** What was found out about one worktree of ours. */
export interface WorktreeFacts {
  readonly path: string;
  /** From the ownership mark in git's admin folder of the worktree. */
  readonly runId: RunId;
  /** Top folder of the repository's main checkout. */
  readonly repository: string;
  /** Null where HEAD is detached. */
  readonly branch: string | null;
  /** Null where there is no commit or it could not be found out: that keeps it. */
  readonly head: string | null;
  /** The folder is there. */
  readonly exists: boolean;
  /** Git's own lock, with the reason given. */
  readonly lock: { readonly reason: string } | null;
  /** Changed, staged and untracked files, ignored ones not counted. Null where not to be found out: that keeps it. */
  readonly dirtyFiles: number | null;
  readonly bytes: number | null;
  /** A git operation is under way in it, e.g. `rebase`. */
  readonly operation: string | null;
  /** A checkpoint of the run was brought back into it; null for the one that the run was started in. */
  readonly restored: {
    /** Ref of the checkpoint. */
    readonly checkpoint: string;
    /** Epoch milliseconds. */
    readonly at: number;
  } | null;
}

export interface RemovalFacts {
  readonly worktree: WorktreeFacts;
  /** Null when the database does not know the run: that is "unknown", not "orphan". */
  readonly run: { readonly status: RunStatus; readonly persistent: boolean; readonly endedAt: number | null } | null;
  /** Processes whose working directory is inside. */
  readonly occupants: readonly { readonly pid: number; readonly name: string }[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly maxAgeHours: number;
  /** A person insists: work is kept in a checkpoint first, and age and dirt do not matter. */
  readonly force: boolean;
}

export type KeepReason =
  | { readonly code: 'active'; readonly status: RunStatus }
  | { readonly code: 'persistent' }
  | { readonly code: 'unknown_run' }
  | { readonly code: 'unknown_state' }
  | { readonly code: 'locked'; readonly reason: string }
  | { readonly code: 'occupied'; readonly pid: number; readonly name: string }
  | { readonly code: 'dirty'; readonly files: number }
  | { readonly code: 'operation'; readonly operation: string }
  | { readonly code: 'too_young'; readonly hours: number; readonly maxAgeHours: number }
  | { readonly code: 'restored_lately'; readonly hours: number; readonly maxAgeHours: number }
  /** Decided to go, but git or the file system refused. */
  | { readonly code: 'failed'; readonly detail: string };

/** Reasons that no force overrides: something lives in it, or nobody knows what it is. */
const absolute: ReadonlySet<KeepReason['code']> = new Set([
  'active',
  'persistent',
  'unknown_run',
  'unknown_state',
  'locked',
  'occupied',
  'failed',
]);

/**
 * Why a worktree stays. None means that it may go, after its work was kept and the copy verified.
 * Unknown means keep, an error means keep.
 */
export function reasonsToKeep(facts: RemovalFacts): KeepReason[] {
  const reasons = allReasons(facts);
  return facts.force ? reasons.filter((reason) => absolute.has(reason.code)) : reasons;
}

/** `safe`: it may go; `unsafe`: only if somebody insists; `kept`: it stays whatever anybody says. */
export type RemovalVerdict = 'safe' | 'unsafe' | 'kept';

/** @param reasons all of them, see reasonsToKeep */
export function verdictOf(reasons: readonly KeepReason[]): RemovalVerdict {
  if (reasons.length === 0) return 'safe';
  return reasons.some(({ code }) => absolute.has(code)) ? 'kept' : 'unsafe';
}

function allReasons({ worktree, run, occupants, now, maxAgeHours }: RemovalFacts): KeepReason[] {
  const reasons: KeepReason[] = [];
  if (run === null) reasons.push({ code: 'unknown_run' });
  else if (!isTerminal(run.status) || run.endedAt === null) reasons.push({ code: 'active', status: run.status });
  else {
    const hours = (now - run.endedAt) / 3_600_000;
    // Put so that an age or a limit that is no number keeps it.
    if (!(hours >= maxAgeHours)) reasons.push({ code: 'too_young', hours, maxAgeHours });
  }
  if (worktree.restored !== null) {
    // Somebody wanted it back, however long its run has been over.
    const hours = (now - worktree.restored.at) / 3_600_000;
    if (!(hours >= maxAgeHours)) reasons.push({ code: 'restored_lately', hours, maxAgeHours });
  }
  if (run?.persistent === true) reasons.push({ code: 'persistent' });
  if (worktree.lock !== null && worktree.lock.reason !== lockReason(worktree.runId)) {
    reasons.push({ code: 'locked', reason: worktree.lock.reason });
  }
  reasons.push(...occupants.map(({ pid, name }) => ({ code: 'occupied', pid, name }) as const));
  if (worktree.operation !== null) reasons.push({ code: 'operation', operation: worktree.operation });
  if (worktree.exists && (worktree.head === null || worktree.dirtyFiles === null))
    reasons.push({ code: 'unknown_state' });
  if (worktree.dirtyFiles !== null && worktree.dirtyFiles > 0)
    reasons.push({ code: 'dirty', files: worktree.dirtyFiles });
  return reasons;
}

/** The reason with which our own worktrees are locked: any other lock is somebody else's. */
export function lockReason(runId: RunId): string {
  return `workflow-warden ${runId}`;
}
