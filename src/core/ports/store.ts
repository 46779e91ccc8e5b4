import type { AuditHistory } from '../alerts.ts';
import type { ApiKey, KeyDigest } from '../api-key.ts';
import type { EntryRange, RedactionRequest } from '../audit-chain.ts';
import type { AuditVerification } from '../audit-problem.ts';
import type { Outbox } from './outbox.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { DiskUsage } from '../disk-usage.ts';
import type { DatabaseFacts } from '../diagnosis.ts';
import type { KillReport } from '../kill-report.ts';
import type { Lease, LeaseCandidate } from '../lease.ts';
import type { Counts } from '../metrics.ts';
import type { Phase } from '../escalation.ts';
import type { PermissionRequest } from '../permission-request.ts';
import type { PortRange } from '../port-range.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import type { Observation } from '../observation.ts';
import type { Actor, QueueEntry, Run, RunProcess, RunReason, RunWarning, RunWorktree, StopIntent } from '../run.ts';
import type { RunId } from '../run-id.ts';
import type { Sample } from '../samples.ts';
import type { RunStatus } from '../run-status.ts';

export interface RunFilter {
  readonly statuses?: readonly RunStatus[];
  readonly workflowName?: string;
  readonly repository?: string;
  /** Epoch milliseconds, inclusive. */
  readonly createdSince?: number;
  /** Epoch milliseconds, exclusive. */
  readonly createdUntil?: number;
  readonly limit?: number;
  /** From an earlier page. */
  readonly cursor?: string;
}

export interface RunPage {
  readonly runs: readonly Run[];
  readonly nextCursor: string | null;
}

/** What a change of a run may set along with its status. Absent keys stay as they are. */
export interface RunPatch {
  readonly status?: RunStatus;
  readonly reason?: RunReason | null;
  readonly startedAt?: number | null;
  readonly endedAt?: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly worktree?: RunWorktree | null;
  readonly ports?: PortRange | null;
  readonly warnings?: readonly RunWarning[];
  readonly queue?: QueueEntry;
  readonly launcher?: ProcessIdentity | null;
  readonly stop?: StopIntent | null;
  readonly killMethod?: Phase | null;
  readonly killReport?: KillReport | null;
  readonly process?: RunProcess | null;
  readonly snoozedUntil?: number | null;
  readonly extraMinutes?: number;
  readonly followUp?: Run['followUp'];
  readonly isRetryCancelled?: true;
}

export type Replacing = 'once' | 'one_at_a_time';

/** The first two processes of a run that is not over; null before they were started. */
export interface ActiveProcesses {
  readonly runId: RunId;
  readonly wrapper: ProcessIdentity | null;
  readonly command: ProcessIdentity | null;
  /** See Containment. */
  readonly controlGroup: string | null;
  /** Its end is not waited for: somebody has lost patience. */
  readonly isForced: boolean;
}

export interface AuditEntry {
  readonly at: number;
  readonly runId: RunId | null;
  readonly action: string;
  readonly actor: Actor;
  /** `asked`, `done`, `refused`, `failed`. */
  readonly outcome: 'asked' | 'done' | 'refused' | 'failed';
  readonly why: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An entry as it stands in the log. */
export interface LoggedEntry extends AuditEntry {
  readonly entry: number;
  /** See `core/audit-chain.ts`. */
  readonly hash: string | null;
  /** Its text, which is the user, the reason and the facts, was removed. */
  readonly isRedacted: boolean;
}

export interface AuditFilter {
  readonly runId?: RunId;
  readonly action?: string;
  /** Epoch milliseconds, inclusive. */
  readonly since?: number;
  /** Epoch milliseconds, exclusive. */
  readonly until?: number;
  /** Only those behind this number: the next ones then, else the last. */
  readonly after?: number;
  readonly limit?: number;
}

/** What of the audit log is counted, from when on in epoch milliseconds. */
export interface HistorySpan {
  readonly killsSince: number;
  readonly cleanupsSince: number;
  /** Removals that took longer are slow. */
  readonly slowCleanupMilliseconds: number;
}

/**
 * The database, and for what stops and ends runs the run folders where it cannot be used: a kill needs no writable
 * database, and what is kept meanwhile is written into it as soon as it can be. Reads are immediate; writes are one short transaction each and are tried again, without blocking, while
 * another process holds the write lock.
 */
export interface Store extends Outbox {
  /**
   * @param replacing refused when another run is in the place of the same one: `once`, whatever became of it;
   * `one_at_a_time`, while it is not over. `once` is for a retry, which is refused where that was cancelled too
   * @returns false when the id is taken: draw again
   * @throws WardenError already_replaced, retry_cancelled
   */
  insertRun(run: Run, audit: AuditEntry, replacing?: Replacing): Promise<boolean>;
  run(runId: RunId): Promise<Run | null>;
  /** The newest run that was started in the place of another. */
  replacementOf(runId: RunId): Promise<Run | null>;
  /** Of each of these runs that was started again, the newest that took its place. */
  replacementsOf(runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, RunId>>;
  /**
   * Runs that have failed or were ended to be started again, whose workflow wants something done about that, and in whose
   * place nothing was started yet; without those whose retry was cancelled.
   * @param endedSince epoch milliseconds
   */
  unansweredRuns(endedSince: number): Promise<readonly Run[]>;
  /** Runs that a run has started, and that those have started, over or not. */
  descendantsOf(runId: RunId): Promise<readonly Run[]>;
  /** Newest first. @throws WardenError invalid_argument for a cursor that is not ours */
  runs(filter: RunFilter): Promise<RunPage>;
  /** Runs that are not over, in the order in which they were accepted. */
  activeRuns(): Promise<readonly Run[]>;
  /**
   * The same for whoever watches and asks every second: read again only when any of them has changed, and else the very
   * same list. What was observed of them, which changes at each look, is left out (null).
   */
  watchedRuns(): Promise<readonly Run[]>;
  /** Of the same runs only what their processes are recognised by: a look at a thousand runs reads no more than that. */
  activeProcesses(): Promise<readonly ActiveProcesses[]>;
  knownRunIds(): Promise<readonly RunId[]>;
  /** Something that was done with the run is in its folder only, since the database could not take it yet. */
  isOnlyKept(runId: RunId): Promise<boolean>;
  /**
   * Asked before anything is begun or removed: what is known only from elsewhere does not do for that.
   * @throws WardenError when the database cannot be read and written now
   */
  requireDatabase(): Promise<void>;
  /**
   * Compare and set: applies the change only while `expected` holds, in one transaction with its audit entry.
   * @returns the run as it is now when the change won; null when somebody else was first
   */
  change(runId: RunId, expected: (run: Run) => boolean, patch: RunPatch, audit?: AuditEntry): Promise<Run | null>;
  /** Whether any run waits in a queue; costs microseconds. */
  hasQueuedRuns(): Promise<boolean>;
  /**
   * Compare and set, as `change`, decided upon all active runs of the run's repository: of many who ask at once no more
   * get their turn than there are slots.
   * @param isDue is given the run as it is, and the active runs in the order in which they were accepted
   */
  takeTurn(
    runId: RunId,
    isDue: (run: Run, active: readonly Run[]) => boolean,
    patch: RunPatch,
    audit: AuditEntry,
  ): Promise<Run | null>;
  /**
   * Compare and set, decided upon the ports of all other runs that are not over, of every repository: no two get the same.
   * @param choose is given what is taken; what it throws is thrown, and nothing is changed then
   * @returns the run as it is now; null when `expected` does not hold
   */
  reservePorts(
    runId: RunId,
    expected: (run: Run) => boolean,
    choose: (taken: readonly PortRange[]) => PortRange,
  ): Promise<Run | null>;
  /**
   * Looks at many runs; only those that are still running take them.
   * @param holder of the lease, who looked: when somebody else holds it by now, nothing is written
   */
  recordLooks(
    holder: ProcessIdentity,
    looks: readonly { readonly runId: RunId; readonly at: number; readonly observation: Observation }[],
  ): Promise<void>;
  addSamples(samples: ReadonlyMap<RunId, readonly Sample[]>): Promise<void>;
  /** Oldest first. */
  samples(runId: RunId): Promise<readonly Sample[]>;
  /** Thins the samples of the run that comes after one, by id; see `samplesToDrop`. @returns that run, null when it was the last */
  thinSamples(after: RunId | null): Promise<RunId | null>;
  /** Writes down which checkpoints of a run there are; the refs in its repository are the truth. */
  keepCheckpoints(runId: RunId, checkpoints: readonly Checkpoint[]): Promise<void>;
  /** Oldest first, as they were written down last. */
  checkpoints(runId: RunId): Promise<readonly Checkpoint[]>;
  /** Writes down what was measured of a repository; one without worktrees is forgotten. */
  keepDiskUsage(usage: DiskUsage): Promise<void>;
  /** What was measured last of each repository. */
  diskUsages(): Promise<readonly DiskUsage[]>;
  /**
   * Runs that are over, not persistent and have a worktree that is to go by itself, as their workflow says, and of which
   * nobody has found yet that it stays. Those that ended first come first.
   */
  uncleanedRuns(): Promise<readonly Run[]>;
  /** It was found that the worktree of a run stays until somebody asks for its removal. */
  settleWorktree(runId: RunId, audit: AuditEntry): Promise<void>;
  /** Repositories with runs that ended before some time, in epoch milliseconds. */
  repositoriesOfEnded(before: number): Promise<readonly string[]>;
  /** Runs of a repository that ended before some time, in epoch milliseconds, and have no worktree; the newest first. */
  runsToForget(repository: string, endedBefore: number): Promise<readonly RunId[]>;
  /**
   * Removes the row of such a run with all that the database has of it but the audit log. It stays where another run was
   * started in its place, by it or is to be started after it, where checkpoints of it are written down, and where something
   * is to be told or done about it.
   * @returns whether it was removed
   */
  forgetRun(runId: RunId, endedBefore: number, audit: AuditEntry): Promise<boolean>;
  /**
   * Of all who ask for the daily pass within so many milliseconds one gets it.
   * @returns whether it is the caller
   */
  takeDailyPass(intervalMilliseconds: number): Promise<boolean>;
  /** Ledger of identities that were seen to belong to the run. */
  seen(runId: RunId): Promise<ReadonlySet<string>>;
  addSeen(seen: ReadonlyMap<RunId, readonly string[]>): Promise<void>;
  forgetSeen(gone: ReadonlyMap<RunId, readonly string[]>): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
  /** In their order. */
  auditEntries(filter: AuditFilter): Promise<readonly LoggedEntry[]>;
  /**
   * Resolves when what this store has written into the audit log is in `audit.jsonl` too, and on the disk; or when that
   * cannot be now, which is told, and made up for later. Asked before anybody is given an answer.
   */
  auditCopied(): Promise<void>;
  /**
   * Removes the text of entries (user, reason and facts) for good, in the database and in the file; the chain holds.
   * @param entryOf what is written into the log about it, unless there was nothing to be removed
   * @returns of how many
   */
  redactAudit(request: RedactionRequest, entryOf: (ranges: readonly EntryRange[]) => AuditEntry): Promise<number>;
  /** Whether the audit log is what was written. @throws WardenError when the database cannot be read */
  verifyAudit(): Promise<AuditVerification>;
  /** Counted over the audit log. @throws WardenError when the database cannot be read */
  auditHistory(span: HistorySpan): Promise<AuditHistory>;
  /** Reads all of the database, table by table. @throws WardenError when it cannot be read */
  examine(): Promise<DatabaseFacts>;
  /** Checks all of the database; one that is damaged is set aside, and comes back from a backup and the run folders. @throws WardenError */
  replaceDamaged(): Promise<void>;
  /**
   * Copies the database, unless the last copy is younger than a day.
   * @returns whether one was taken
   * @throws WardenError; the copies that there are stay then
   */
  backUp(signal: AbortSignal): Promise<boolean>;
  /** What monitoring asks for. @throws WardenError when the database cannot be read */
  counts(): Promise<Counts>;
  addKey(key: ApiKey, kept: KeyDigest, audit: AuditEntry): Promise<void>;
  /** Revoked ones too, the oldest first. */
  keys(): Promise<readonly ApiKey[]>;
  /** Revoked or not, with what is kept of its secret. */
  keyWithDigest(id: string): Promise<{ readonly key: ApiKey; readonly kept: KeyDigest } | null>;
  keyUsed(id: string, at: number): Promise<void>;
  /** @returns false when there is none, or it is revoked already */
  revokeKey(id: string, at: number, audit: AuditEntry): Promise<boolean>;
  /** @returns the request that is open already, where the same run has asked for the same: nothing is audited then */
  addRequest(
    asked: Omit<PermissionRequest, 'id'>,
    audit: (request: PermissionRequest) => AuditEntry,
  ): Promise<PermissionRequest>;
  request(id: number): Promise<PermissionRequest | null>;
  /** Newest first. */
  requests(limit: number): Promise<readonly PermissionRequest[]>;
  /** Compare and set. @returns null when it is not open */
  closeRequest(
    id: number,
    closing: Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>,
    audit: AuditEntry,
  ): Promise<PermissionRequest | null>;
  /** The lease of the periodic watching. */
  lease(): Promise<Lease | null>;
  /**
   * Takes or renews the lease where `mayHoldLease` lets the candidate, by the time at which it is written.
   * @returns the lease as it is then, whoever holds it
   */
  holdLease(candidate: LeaseCandidate, knownGone: ProcessIdentity | null): Promise<Lease>;
  releaseLease(holder: ProcessIdentity): Promise<void>;
  /**
   * Gives the lease back only while no run is active, decided in one transaction: whoever relies on the holder has either
   * started his run before, and is watched on, or sees that the lease is free.
   */
  releaseLeaseIfIdle(holder: ProcessIdentity): Promise<boolean>;
  /** Changes when any process has changed a run or looked at the runs; costs microseconds. */
  dataVersion(): number;
  /** The same, of changes of runs alone. */
  runsVersion(): number;
  close(): void;
}
