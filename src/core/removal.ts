import type { RunId } from './run-id.ts';
import { isTerminal, type RunStatus } from './run-status.ts';
import type { CleanupPolicy } from './workflow.ts';

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
  /**
   * Commits of HEAD and of the run's branch, since its base, that are on no other branch, no remote's and no tag. A removal
   * keeps the branch for them. Null where not to be found out.
   */
  readonly unpushed: number | null;
  /** It has commits since its base, and what they changed is on another branch: as they are, rebased or squashed. */
  readonly merged: boolean;
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
  /** What its workflow wants. */
  readonly policy: CleanupPolicy | null;
  /** Who is about to go on with it: another run, in this very worktree, or the run itself, started again. */
  readonly awaited: RunId | 'retry' | null;
  /** Processes whose working directory is inside. */
  readonly occupants: readonly { readonly pid: number; readonly name: string }[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly maxAgeHours: number;
  /** A person insists, or its workflow does: work is kept in a checkpoint first, and age and dirt do not matter. */
  readonly force: boolean;
  /** A person asks for it. What goes by itself has nothing in it that anybody could look for. */
  readonly isAsked: boolean;
}

export type KeepReason =
  | { readonly code: 'active'; readonly status: RunStatus }
  | { readonly code: 'persistent' }
  | { readonly code: 'unknown_run' }
  | { readonly code: 'unknown_state' }
  | { readonly code: 'locked'; readonly reason: string }
  | { readonly code: 'occupied'; readonly pid: number; readonly name: string }
  | { readonly code: 'dirty'; readonly files: number }
  /** Its branch holds commits that are nowhere else. */
  | { readonly code: 'unpushed'; readonly commits: number }
  /** Its workflow wants it removed by a person only. */
  | { readonly code: 'by_hand_only' }
  | { readonly code: 'awaited'; readonly by: RunId | null }
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
  'awaited',
  'by_hand_only',
  'failed',
]);

/** Reasons that pass without anybody doing something about them: it is worth looking again. */
const passing: ReadonlySet<KeepReason['code']> = new Set([
  'active',
  'occupied',
  'awaited',
  'unknown_state',
  'too_young',
  'restored_lately',
]);

/** Whether all that speaks against a removal may have passed soon. */
export function mayPass(reasons: readonly KeepReason[]): boolean {
  return reasons.every(({ code }) => passing.has(code));
}

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

function allReasons(facts: RemovalFacts): KeepReason[] {
  const { worktree, run, occupants, now, maxAgeHours, policy, awaited, isAsked } = facts;
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
  if (awaited !== null && awaited !== 'retry') reasons.push({ code: 'awaited', by: awaited });
  // A retry begins in a worktree of its own; still, whoever looks for what went wrong looks here.
  else if (awaited === 'retry' && !isAsked) reasons.push({ code: 'awaited', by: null });
  if (policy === 'never' && !isAsked) reasons.push({ code: 'by_hand_only' });
  if (worktree.lock !== null && worktree.lock.reason !== lockReason(worktree.runId)) {
    reasons.push({ code: 'locked', reason: worktree.lock.reason });
  }
  reasons.push(...occupants.map(({ pid, name }) => ({ code: 'occupied', pid, name }) as const));
  if (worktree.operation !== null) reasons.push({ code: 'operation', operation: worktree.operation });
  const isUnknown = worktree.exists && (worktree.head === null || worktree.dirtyFiles === null);
  if (isUnknown || (worktree.unpushed === null && !isAsked)) reasons.push({ code: 'unknown_state' });
  if (worktree.dirtyFiles !== null && worktree.dirtyFiles > 0)
    reasons.push({ code: 'dirty', files: worktree.dirtyFiles });
  if (worktree.unpushed !== null && worktree.unpushed > 0 && !isAsked)
    reasons.push({ code: 'unpushed', commits: worktree.unpushed });
  return reasons;
}

/** The reason with which our own worktrees are locked: any other lock is somebody else's. */
export function lockReason(runId: RunId): string {
  return `workflow-warden ${runId}`;
}

/** The reason with which a worktree of the pool is locked. */
export function poolLockReason(id: string): string {
  return `workflow-warden pool ${id}`;
}
