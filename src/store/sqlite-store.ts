import { stat } from 'node:fs/promises';
import { type ChainedEntry, type EntryRange, rangesOf, type RedactionRequest } from '../core/audit-chain.ts';
import type { AuditHistory } from '../core/alerts.ts';
import type { ApiKey, KeyDigest } from '../core/api-key.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { DiskUsage } from '../core/disk-usage.ts';
import type { DatabaseFacts } from '../core/diagnosis.ts';
import { type KeptChange, patchWritten, withKept } from '../core/kept-change.ts';
import { type Lease, type LeaseCandidate, mayHoldLease } from '../core/lease.ts';
import type {
  ActiveProcesses,
  AuditEntry,
  AuditFilter,
  HistorySpan,
  LoggedEntry,
  Replacing,
  RunFilter,
  RunPage,
  RunPatch,
  Store,
} from '../core/ports/store.ts';
import type { Counts } from '../core/metrics.ts';
import type { PermissionRequest } from '../core/permission-request.ts';
import type { PortRange } from '../core/port-range.ts';
import { isSameProcess, type ProcessIdentity } from '../core/process-identity.ts';
import type { Observation } from '../core/observation.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Sample } from '../core/samples.ts';
import type { Delivery, PendingNotice } from '../core/delivery.ts';
import type { RunStates } from '../core/ports/outbox.ts';
import { mayBecome } from '../core/run-status.ts';
import { problemIn } from './check-database.ts';
import type { Connection } from './connection.ts';
import { databaseAt, type FileIdentity, isSameFile } from './database-file.ts';
import { requireKnownVersion } from './open-database.ts';
import type { Rebuilt } from './rebuild-database.ts';
import { loggedFrom } from './tables/audit-row.ts';
import { countAll } from './tables/count-all.ts';
import { migrations } from './tables/schema.ts';
import type { Tables } from './tables/tables.ts';
import { WatchedRuns } from './watched-runs.ts';

interface SqliteStoreParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly identity: FileIdentity;
  /** When it was opened; null when it was as it had been left. */
  readonly rebuilt: Rebuilt | null;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Of many rows so many are read between two turns of the event loop at most. */
const rowsAtOnce = 100;

/** The database alone. It fails when the database does: see LastingStore for what goes on then. */
export class SqliteStore implements Omit<
  Store,
  'requireDatabase' | 'replaceDamaged' | 'auditCopied' | 'verifyAudit' | 'backUp' | 'isOnlyKept'
> {
  /** When it was opened. */
  readonly rebuilt: Rebuilt | null;
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #identity: FileIdentity;
  readonly #now: () => number;
  readonly #watched: WatchedRuns;

  constructor({ connection, tables, identity, rebuilt, now }: SqliteStoreParts) {
    this.rebuilt = rebuilt;
    this.#connection = connection;
    this.#tables = tables;
    this.#identity = identity;
    this.#now = now;
    this.#watched = new WatchedRuns(tables.runs, tables.changes, (work) => connection.read(work));
  }

  /** The file at its path is still the one that is open here. */
  isInPlace(): boolean {
    return isSameFile(databaseAt(this.#connection.file), this.#identity);
  }

  /**
   * Takes what was kept of a run while the database could not be written, in order and once, however often it is offered.
   * @param record what the run's folder knows of it, for a row that is gone
   */
  takeKept(runId: RunId, record: Run | null, changes: readonly KeptChange[]): Promise<void> {
    const { audit: log, runs } = this.#tables;
    return this.#connection.write(() => {
      const before = runs.one(runId) ?? record;
      let run = before;
      for (const { patch, audit } of changes) {
        if (audit !== null && log.has(audit)) continue;
        const after = run === null || patch === null ? run : withKept(run, patchWritten(patch, 'database'));
        const isLate = patch !== null && after === null;
        if (audit !== null) {
          log.append(
            isLate ? { ...audit, outcome: 'refused', facts: { ...audit.facts, overtaken_by: run?.status } } : audit,
          );
        }
        run = after ?? run;
      }
      if (before !== null && run !== null) this.#tables.changeRun(before, run);
    });
  }

  /** @throws WardenError when nothing can be written now */
  async requireWritable(): Promise<void> {
    // The same number again, since only what is written proves that something can be.
    await this.#connection.write(() => this.#connection.database.pragma(`user_version = ${migrations.length}`));
  }

  insertRun(run: Run, audit: AuditEntry, replacing: Replacing = 'one_at_a_time'): Promise<boolean> {
    const { audit: log, runs } = this.#tables;
    return this.#connection.write(() => {
      if (runs.one(run.runId) !== null) return false;
      if (run.restartedFrom !== null) runs.requireReplaceable(run.restartedFrom, replacing);
      this.#tables.writeRun(run);
      log.append(audit);
      return true;
    });
  }

  run(runId: RunId): Promise<Run | null> {
    return this.#connection.read(() => this.#tables.runs.one(runId));
  }

  replacementOf(runId: RunId): Promise<Run | null> {
    return this.#connection.read(() => this.#tables.runs.replacementOf(runId));
  }

  replacementsOf(runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, RunId>> {
    return this.#connection.read(() => this.#tables.runs.replacementsOf(runIds));
  }

  unansweredRuns(endedSince: number): Promise<readonly Run[]> {
    return this.#connection.read(() => this.#tables.runs.unanswered(endedSince));
  }

  descendantsOf(runId: RunId): Promise<readonly Run[]> {
    return this.#connection.read(() => this.#tables.runs.descendantsOf(runId));
  }

  runs(filter: RunFilter): Promise<RunPage> {
    return this.#connection.read(() => this.#tables.runs.page(filter));
  }

  activeRuns(): Promise<readonly Run[]> {
    return this.#connection.read(() => this.#tables.runs.active());
  }

  watchedRuns(): Promise<readonly Run[]> {
    return this.#watched.now();
  }

  async activeProcesses(): Promise<readonly ActiveProcesses[]> {
    const ids = await this.#connection.read(() => this.#tables.runs.activeIds());
    const found: ActiveProcesses[] = [];
    for (let from = 0; from < ids.length; from += rowsAtOnce) {
      const some = ids.slice(from, from + rowsAtOnce);
      found.push(...(await this.#connection.read(() => this.#tables.processes.activeOf(some))));
    }
    return found;
  }

  knownRunIds(): Promise<readonly RunId[]> {
    return this.#connection.read(() => this.#tables.runs.knownIds());
  }

  hasQueuedRuns(): Promise<boolean> {
    return this.#connection.read(() => this.#tables.runs.hasQueued());
  }

  takeTurn(
    runId: RunId,
    isDue: (run: Run, active: readonly Run[]) => boolean,
    patch: RunPatch,
    audit: AuditEntry,
  ): Promise<Run | null> {
    const { audit: log, runs } = this.#tables;
    return this.#connection.write(() => {
      const before = runs.one(runId);
      if (before === null || !isDue(before, runs.activeIn(before.repository))) return null;
      const after: Run = { ...before, ...patch };
      this.#tables.writeRun(after);
      log.append(audit);
      return after;
    });
  }

  reservePorts(
    runId: RunId,
    expected: (run: Run) => boolean,
    choose: (taken: readonly PortRange[]) => PortRange,
  ): Promise<Run | null> {
    const { runs } = this.#tables;
    return this.#connection.write(() => {
      const before = runs.one(runId);
      if (before === null || !expected(before)) return null;
      const after: Run = { ...before, ports: choose(runs.portsTaken(runId)) };
      this.#tables.writeRun(after);
      return after;
    });
  }

  change(runId: RunId, expected: (run: Run) => boolean, patch: RunPatch, audit?: AuditEntry): Promise<Run | null> {
    const { audit: log, runs } = this.#tables;
    return this.#connection.write(() => {
      const before = runs.one(runId);
      if (before === null || !expected(before)) return null;
      const after: Run = { ...before, ...patch };
      if (after.status !== before.status && !mayBecome(before.status, after.status)) {
        throw new RangeError(`a run that is ${before.status} does not become ${after.status}`);
      }
      this.#tables.changeRun(before, after);
      if (audit !== undefined) log.append(audit);
      return after;
    });
  }

  recordLooks(
    holder: ProcessIdentity,
    looks: readonly { readonly runId: RunId; readonly at: number; readonly observation: Observation }[],
  ): Promise<void> {
    const { changes, processes } = this.#tables;
    return this.#connection.writeAllLightly(
      looks,
      ({ runId, at, observation }) => processes.writeLook(runId, at, observation),
      () => {
        if (!this.#mayWatch(holder)) return false;
        changes.countLooks();
        return true;
      },
    );
  }

  addSamples(samples: ReadonlyMap<RunId, readonly Sample[]>): Promise<void> {
    return this.#connection.writeAllLightly([...samples], ([runId, some]) => this.#tables.samples.add(runId, some));
  }

  samples(runId: RunId): Promise<readonly Sample[]> {
    return this.#connection.read(() => this.#tables.samples.of(runId));
  }

  thinSamples(after: RunId | null): Promise<RunId | null> {
    return this.#connection.writeLightly(() => {
      this.#tables.processes.forgetOld(this.#now());
      return this.#tables.samples.thinNext(after, this.#now());
    });
  }

  async keepCheckpoints(runId: RunId, checkpoints: readonly Checkpoint[]): Promise<void> {
    await this.#connection.write(() => this.#tables.checkpoints.replace(runId, checkpoints));
  }

  checkpoints(runId: RunId): Promise<readonly Checkpoint[]> {
    return this.#connection.read(() => this.#tables.checkpoints.of(runId));
  }

  async keepDiskUsage(usage: DiskUsage): Promise<void> {
    await this.#connection.write(() => this.#tables.diskUsages.replace(usage));
  }

  diskUsages(): Promise<readonly DiskUsage[]> {
    return this.#connection.read(() => this.#tables.diskUsages.all());
  }

  uncleanedRuns(): Promise<readonly Run[]> {
    return this.#connection.read(() => this.#tables.runs.uncleaned());
  }

  async settleWorktree(runId: RunId, audit: AuditEntry): Promise<void> {
    await this.#connection.write(() => {
      if (this.#tables.runs.settleWorktree(runId, audit.at)) this.#tables.audit.append(audit);
    });
  }

  repositoriesOfEnded(before: number): Promise<readonly string[]> {
    return this.#connection.read(() => this.#tables.runs.repositoriesOfEnded(before));
  }

  runsToForget(repository: string, endedBefore: number): Promise<readonly RunId[]> {
    return this.#connection.read(() => this.#tables.runs.toForget(repository, endedBefore));
  }

  forgetRun(runId: RunId, endedBefore: number, audit: AuditEntry): Promise<boolean> {
    return this.#connection.write(() => {
      const isForgotten = this.#tables.runs.forget(runId, endedBefore);
      if (isForgotten) this.#tables.audit.append(audit);
      return isForgotten;
    });
  }

  takeDailyPass(intervalMilliseconds: number): Promise<boolean> {
    return this.#connection.write(() => this.#tables.passes.takeDaily(this.#now(), intervalMilliseconds));
  }

  seen(runId: RunId): Promise<ReadonlySet<string>> {
    return this.#connection.read(() => this.#tables.processes.seen(runId));
  }

  addSeen(seen: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    return this.#connection.writeAllLightly(pairsOf(seen), ([runId, key]) =>
      this.#tables.processes.addSeen(runId, key),
    );
  }

  forgetSeen(gone: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    return this.#connection.writeAllLightly(pairsOf(gone), ([runId, key]) =>
      this.#tables.processes.forgetSeen(runId, key),
    );
  }

  async audit(entry: AuditEntry): Promise<void> {
    await this.#connection.write(() => this.#tables.audit.append(entry));
  }

  auditEntries(filter: AuditFilter): Promise<readonly LoggedEntry[]> {
    return this.#connection.read(() => this.#tables.audit.matching(filter).map(loggedFrom));
  }

  /** See Store. Nothing of it is left in the file's unused places, nor, unless somebody reads just then, in the log of writes. */
  async redactAudit(
    request: RedactionRequest,
    entryOf: (ranges: readonly EntryRange[]) => AuditEntry,
  ): Promise<number> {
    const { audit } = this.#tables;
    const { database } = this.#connection;
    database.pragma('secure_delete = ON');
    const entries = await this.#connection.write(() => {
      const redacted = audit.redact(request);
      if (redacted.length > 0) audit.append(entryOf(rangesOf(redacted)));
      return redacted.length;
    });
    await this.#connection.read(() => database.pragma('wal_checkpoint(TRUNCATE)'));
    return entries;
  }

  redactedEntries(): Promise<ReadonlySet<number>> {
    return this.#connection.read(() => this.#tables.audit.redacted());
  }

  /** Number of the last entry that was written through this object. */
  get lastAudited(): number {
    return this.#tables.audit.last;
  }

  lastAudit(): Promise<number> {
    return this.#connection.read(() => this.#tables.audit.head().entry);
  }

  auditRowsAfter(entry: number, limit: number): Promise<readonly ChainedEntry[]> {
    return this.#connection.read(() => this.#tables.audit.after(entry, limit));
  }

  counts(): Promise<Counts> {
    return this.#connection.read(() => countAll(this.#connection.statement));
  }

  auditHistory(span: HistorySpan): Promise<AuditHistory> {
    return this.#connection.read(() => this.#tables.audit.history(span));
  }

  recordStates(holder: ProcessIdentity, states: readonly RunStates[]): Promise<void> {
    return this.#connection.write(() => {
      if (this.#mayWatch(holder)) this.#tables.notices.recordStates(states);
    });
  }

  pendingNotices(): Promise<readonly PendingNotice[]> {
    return this.#connection.read(() => this.#tables.notices.pending());
  }

  changeDelivery(pending: PendingNotice, delivery: Delivery): Promise<boolean> {
    return this.#connection.write(() => this.#tables.notices.change(pending, delivery));
  }

  pruneNotices(before: number): Promise<void> {
    return this.#connection.write(() => this.#tables.notices.prune(before));
  }

  /** Table by table, with turns of the event loop between them. */
  async examine(): Promise<DatabaseFacts> {
    const { file, database } = this.#connection;
    const problem = await this.#connection.retry(() => problemIn(database));
    const log = await stat(`${file}-wal`).catch(() => null);
    const [first] = await this.auditRowsAfter(0, 1);
    return {
      path: file,
      problem,
      logBytes: log?.size ?? 0,
      keptChanges: 0,
      firstEntryAt: first?.at ?? null,
      backups: [],
    };
  }

  async addKey(key: ApiKey, kept: KeyDigest, audit: AuditEntry): Promise<void> {
    await this.#connection.write(() => {
      this.#tables.keys.add(key, kept);
      this.#tables.audit.append(audit);
    });
  }

  keys(): Promise<readonly ApiKey[]> {
    return this.#connection.read(() => this.#tables.keys.all());
  }

  keyWithDigest(id: string): ReturnType<Store['keyWithDigest']> {
    return this.#connection.read(() => this.#tables.keys.withDigest(id));
  }

  async keyUsed(id: string, at: number): Promise<void> {
    await this.#connection.writeLightly(() => this.#tables.keys.used(id, at));
  }

  revokeKey(id: string, at: number, audit: AuditEntry): Promise<boolean> {
    return this.#connection.write(() => {
      const isRevoked = this.#tables.keys.revoke(id, at);
      if (isRevoked) this.#tables.audit.append(audit);
      return isRevoked;
    });
  }

  addRequest(
    asked: Omit<PermissionRequest, 'id'>,
    audit: (request: PermissionRequest) => AuditEntry,
  ): Promise<PermissionRequest> {
    const { audit: log, requests } = this.#tables;
    return this.#connection.write(() => {
      const open = requests.open(asked.runId, asked.askedBy);
      if (open !== null) return open;
      const request = requests.add(asked);
      log.append(audit(request));
      return request;
    });
  }

  request(id: number): Promise<PermissionRequest | null> {
    return this.#connection.read(() => this.#tables.requests.one(id));
  }

  requests(limit: number): Promise<readonly PermissionRequest[]> {
    return this.#connection.read(() => this.#tables.requests.latest(limit));
  }

  closeRequest(
    id: number,
    closing: Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>,
    audit: AuditEntry,
  ): Promise<PermissionRequest | null> {
    return this.#connection.write(() => {
      const request = this.#tables.requests.close(id, closing);
      if (request !== null) this.#tables.audit.append(audit);
      return request;
    });
  }

  lease(): Promise<Lease | null> {
    return this.#connection.read(() => this.#tables.lease.present());
  }

  holdLease(candidate: LeaseCandidate, knownGone: ProcessIdentity | null): Promise<Lease> {
    const { lease } = this.#tables;
    // A power cut takes the holder with the lease.
    return this.#connection.writeLightly(() => {
      requireKnownVersion(this.#connection.file, this.#connection.database);
      // Read here, where nobody else writes: by the time of one who was stopped before, the next holder's would look wrong.
      const now = this.#now();
      const present = lease.present();
      if (present !== null && !mayHoldLease(candidate, present, now, knownGone)) return present;
      const { holder, face } = candidate;
      const held = { holder, face, heartbeat: now };
      lease.write(held);
      return held;
    });
  }

  async releaseLease(holder: ProcessIdentity): Promise<void> {
    await this.#connection.write(() => this.#tables.lease.delete(holder));
  }

  releaseLeaseIfIdle(holder: ProcessIdentity): Promise<boolean> {
    return this.#connection.write(() => {
      if (this.#tables.runs.hasActive()) return false;
      this.#tables.lease.delete(holder);
      return true;
    });
  }

  dataVersion(): number {
    return this.#tables.changes.ofAll();
  }

  runsVersion(): number {
    return this.#tables.changes.ofRuns();
  }

  close(): void {
    this.#connection.close();
  }

  /** Nobody else has taken the lease meanwhile. */
  #mayWatch(holder: ProcessIdentity): boolean {
    const present = this.#tables.lease.present();
    return present === null || isSameProcess(present.holder, holder);
  }
}

function pairsOf(keys: ReadonlyMap<RunId, readonly string[]>): readonly (readonly [RunId, string])[] {
  return [...keys].flatMap(([runId, some]) => some.map((key) => [runId, key] as const));
}
