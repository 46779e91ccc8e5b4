import type { KeepReason } from './removal.ts';
import type { RunId } from './run-id.ts';

export interface RemovedEntry {
  readonly runId: RunId;
  readonly path: string;
  /** Null where the size could not be measured. */
  readonly bytes: number | null;
  /** The ref that holds its work; null when there was nothing that its branch does not hold. */
  readonly checkpoint: string | null;
  /** Stays for commits that are nowhere else; null where it went too, or that is not known yet. */
  readonly branchKept: string | null;
  /** What went wrong with its teardown command; null when nothing did, or there was none. */
  readonly teardownFailure: string | null;
}

export interface KeptEntry {
  readonly runId: RunId;
  readonly path: string;
  readonly reasons: readonly KeepReason[];
}

/** What a cleanup did, or would do in a dry run. */
export interface CleanupReport {
  readonly dryRun: boolean;
  readonly removed: readonly RemovedEntry[];
  readonly kept: readonly KeptEntry[];
}
