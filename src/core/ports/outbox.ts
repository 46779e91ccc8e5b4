import type { Delivery, PendingNotice } from '../delivery.ts';
import type { Notice } from '../notice.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import type { RunId } from '../run-id.ts';

/** What holds of a run that was looked at. */
export interface RunStates {
  readonly runId: RunId;
  /** One for each state of its health that is to be told; none for a run that is well. */
  readonly notices: readonly Notice[];
}

/**
 * The record of what is told of runs, shared by all windows and commands. The ends of runs, and kills that left survivors, are
 * written into it in the transaction that makes them so.
 */
export interface Outbox {
  /**
   * Takes down each state once, for as long as it holds; one that is not named any more has ended. Like looks, they are
   * taken only of who holds the lease.
   */
  recordStates(holder: ProcessIdentity, states: readonly RunStates[]): Promise<void>;
  /** What is still to be sent: first what was not tried yet, the longest due first. */
  pendingNotices(): Promise<readonly PendingNotice[]>;
  /**
   * Compare and set.
   * @returns false when somebody else has it in hand
   */
  changeDelivery(pending: PendingNotice, delivery: Delivery): Promise<boolean>;
  /** Forgets what was settled before then, epoch milliseconds. */
  pruneNotices(before: number): Promise<void>;
}
