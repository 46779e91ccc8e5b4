import { isSameProcess, type ProcessIdentity } from './process-identity.ts';
import type { Actor } from './run.ts';

/** A lease whose heartbeat is older than this is free. */
export const leaseMilliseconds = 10_000;

/** The lease of the periodic watching: one supervisor of all windows and commands holds it. */
export interface Lease {
  readonly holder: ProcessIdentity;
  readonly face: Actor['face'];
  /** Epoch milliseconds of its last renewal. */
  readonly heartbeat: number;
}

export type LeaseCandidate = Pick<Lease, 'holder' | 'face'>;

/**
 * Whether the candidate may take or renew the lease: nobody holds it, the holder's heartbeat stopped, the holder is
 * `knownGone`, or a window comes where only a command watches, which stands in for a window until there is one.
 * @param now epoch milliseconds
 */
export function mayHoldLease(
  candidate: LeaseCandidate,
  present: Lease | null,
  now: number,
  knownGone: ProcessIdentity | null,
): boolean {
  if (present === null || isSameProcess(present.holder, candidate.holder)) return true;
  if (knownGone !== null && isSameProcess(present.holder, knownGone)) return true;
  if (isWindow(candidate) && !isWindow(present)) return true;
  return !isLeaseKept(present, now);
}

/** Whether somebody watches, as anybody can read it: one who hangs or was stopped does not. @param now epoch milliseconds */
export function isLeaseKept({ heartbeat }: Lease, now: number): boolean {
  // A clock that was set back must not make a lease last for ever.
  return Math.abs(now - heartbeat) <= leaseMilliseconds;
}

/** Who watches over the runs, as one supervisor sees it. */
export type Watcher = 'this' | 'window' | 'command';

/**
 * Who watches, from two readings of the lease in a row. Another counts only once he was seen to renew it: a window that
 * is closing may still hold it for a moment.
 * @returns null while that is not known
 */
export function watcherSeen(self: ProcessIdentity, before: Lease | null, now: Lease | null): Watcher | null {
  if (now === null) return null;
  if (isSameProcess(now.holder, self)) return 'this';
  const isRenewed = before !== null && isSameProcess(before.holder, now.holder) && before.heartbeat !== now.heartbeat;
  if (!isRenewed) return null;
  return isWindow(now) ? 'window' : 'command';
}

const isWindow = ({ face }: LeaseCandidate): boolean => face === 'vscode';
