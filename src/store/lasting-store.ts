import path from 'node:path';
import type { EntryRange, RedactionRequest } from '../core/audit-chain.ts';
import type { AuditHistory } from '../core/alerts.ts';
import type { ApiKey, KeyDigest } from '../core/api-key.ts';
import type { AuditVerification } from '../core/audit-problem.ts';
import { type Backup, isBackupDue } from '../core/backup.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { DiskUsage } from '../core/disk-usage.ts';
import type { DatabaseFacts } from '../core/diagnosis.ts';
import { type ErrorCode, isWardenError, WardenError } from '../core/errors.ts';
import { type KeptChange, mayBeKept, patchWritten, withAllKept, withKept } from '../core/kept-change.ts';
import type { Lease, LeaseCandidate } from '../core/lease.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
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
import type { ProcessIdentity } from '../core/process-identity.ts';
import type { Observation } from '../core/observation.ts';
import type { Actor, Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Delivery, PendingNotice } from '../core/delivery.ts';
import type { RunStates } from '../core/ports/outbox.ts';
import type { Sample } from '../core/samples.ts';
import { isTerminal } from '../core/run-status.ts';
import { pageOf } from '../core/run-page.ts';
import { AuditMirror, type AuditSource } from './audit-mirror.ts';
import { Backups, problemOfBackup } from './backups.ts';
import { Journal } from './journal.ts';
import { retryWhileBusy } from './open-database.ts';
import { RunRecords } from './run-records.ts';
import { openStore } from './open-store.ts';
import type { Rebuilt } from './rebuild-database.ts';
import type { SqliteStore } from './sqlite-store.ts';
import { verifyAudit } from './verify-audit.ts';

/** How long a kill waits for a database that another process holds, before it is kept in the run's folder. */
const patienceMilliseconds = 2_000;

/** How long everything else waits. */
const longPatienceMilliseconds = 10_000;

/** A database that could not be opened is tried again, and kept changes are offered again, no sooner than this. */
const tryAgainMilliseconds = 1_000;
const offerAgainMilliseconds = 200;

/** While the database cannot be read, those who listen for changes look this often. */
const blindLookMilliseconds = 1_000;

export interface LastingStoreOptions {
  readonly file: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly actor: Actor;
  readonly diagnostics: Diagnostics;
}

/**
 * Opens the database. When it cannot be used and there are runs, what can be done from their folders is still done.
 * @throws WardenError see openDatabase, when there is no run to be seen or stopped
 */
export async function openLastingStore(options: LastingStoreOptions): Promise<Store> {
  const store = new LastingStore(options);
  await store.open();
  return store;
}

/**
 * The database while it can be used. While it cannot (locked for long, read-only, full, damaged, from a newer version,
 * gone), runs are read from their folders, and what stops or ends a run is kept in their journals; nothing is begun.
 * As soon as it works again it takes what was kept. A database that was damaged, emptied or deleted is made anew.
 */
class LastingStore implements Store {
  readonly #options: LastingStoreOptions;
  readonly #records: RunRecords;
  readonly #journal: Journal;
  readonly #mirror: AuditMirror;
  readonly #backups: Backups;
  #database: SqliteStore | null = null;
  #opening: Promise<SqliteStore> | null = null;
  #failedToOpen: { readonly failure: WardenError; readonly at: number } | null = null;
  /** It failed lately: nobody waits for it a second time, and it is checked when it is opened again. */
  #isFailing = false;
  #isSuspect = false;
  #told: ErrorCode | null = null;
  #lastFailure: WardenError | null = null;
  #offering: Promise<boolean> | null = null;
  #offeredAt = -Infinity;
  #opened = 0;
  /** Number of the last audit entry that is being copied. */
  #copying = 0;
  readonly #dataVersion = new Version();
  readonly #runsVersion = new Version();
  #isClosed = false;
  /** Whichever database is open then. */
  readonly #auditSource: AuditSource = {
    auditRowsAfter: async (entry, limit) =>
      this.#isClosed ? [] : this.#use((database) => database.auditRowsAfter(entry, limit)),
    lastAudit: () => this.#use((database) => database.lastAudit()),
  };

  constructor(options: LastingStoreOptions) {
    const folder = path.dirname(options.file);
    this.#options = options;
    this.#records = new RunRecords(folder);
    this.#journal = new Journal(folder);
    this.#mirror = new AuditMirror(folder, options.diagnostics);
    this.#backups = new Backups(options.file);
  }

  async open(): Promise<void> {
    try {
      await this.#use((database) => database.lease());
    } catch (error) {
      const runIds = await this.#records.runIds().catch(() => []);
      if (databaseFailure(error) === null || runIds.length === 0) throw error;
    }
    await this.#journal.open();
    await this.#offerKept();
  }

  insertRun(run: Run, audit: AuditEntry, replacing?: Replacing): Promise<boolean> {
    return this.#insist((database) => database.insertRun(run, audit, replacing));
  }

  async run(runId: RunId): Promise<Run | null> {
    // In this order: what is taken by the database in between is in both, and changes nothing a second time.
    const kept = await this.#kept();
    const run = await this.#row(runId);
    return run === null ? null : withKeptOf(kept)(run);
  }

  async replacementOf(runId: RunId): Promise<Run | null> {
    const kept = await this.#kept();
    const run = await this.#read(
      (database) => database.replacementOf(runId),
      async () => (await this.#records.all()).findLast((one) => one.restartedFrom === runId) ?? null,
    );
    return run === null ? null : withKeptOf(kept)(run);
  }

  async replacementsOf(runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, RunId>> {
    if (runIds.length === 0) return new Map();
    return this.#read(
      (database) => database.replacementsOf(runIds),
      async () => {
        const asked = new Set(runIds);
        const runs = await this.#records.all();
        return new Map(
          runs.flatMap(({ runId, restartedFrom }) =>
            restartedFrom !== null && asked.has(restartedFrom) ? [[restartedFrom, runId] as const] : [],
          ),
        );
      },
    );
  }

  unansweredRuns(endedSince: number): Promise<readonly Run[]> {
    return this.#use((database) => database.unansweredRuns(endedSince));
  }

  async descendantsOf(runId: RunId): Promise<readonly Run[]> {
    const kept = await this.#kept();
    const runs = await this.#read(
      (database) => database.descendantsOf(runId),
      () => this.#records.all(),
    );
    return runs.map(withKeptOf(kept));
  }

  async runs(filter: RunFilter): Promise<RunPage> {
    const kept = await this.#kept();
    return this.#read(
      async (database) => {
        if (kept.size === 0) return database.runs(filter);
        // What is kept may move a run in or out of the filter.
        const { runs } = await database.runs({ limit: Number.MAX_SAFE_INTEGER - 1 });
        return pageOf(runs.map(withKeptOf(kept)), filter);
      },
      async () => pageOf((await this.#records.all()).map(withKeptOf(kept)), filter),
    );
  }

  async activeRuns(): Promise<readonly Run[]> {
    const kept = await this.#kept();
    const active = await this.#read(
      (database) => database.activeRuns(),
      () => this.#records.all(),
    );
    return active.map(withKeptOf(kept)).filter(({ status }) => !isTerminal(status));
  }

  async watchedRuns(): Promise<readonly Run[]> {
    const activeRuns = (): Promise<readonly Run[]> => this.activeRuns();
    return this.#journal.mark() === '' ? this.#read((database) => database.watchedRuns(), activeRuns) : activeRuns();
  }

  async activeProcesses(): Promise<readonly ActiveProcesses[]> {
    const fromRuns = async (): Promise<readonly ActiveProcesses[]> => processesOf(await this.activeRuns());
    return this.#journal.mark() === '' ? this.#read((database) => database.activeProcesses(), fromRuns) : fromRuns();
  }

  knownRunIds(): Promise<readonly RunId[]> {
    return this.#read(
      (database) => database.knownRunIds(),
      () => this.#records.runIds(),
    );
  }

  async requireDatabase(): Promise<void> {
    await this.#insist((database) => database.requireWritable());
    if (!(await this.#offerKept())) throw this.#reason();
  }

  hasQueuedRuns(): Promise<boolean> {
    return this.#use((database) => database.hasQueuedRuns());
  }

  async takeTurn(
    runId: RunId,
    isDue: (run: Run, active: readonly Run[]) => boolean,
    patch: RunPatch,
    audit: AuditEntry,
  ): Promise<Run | null> {
    await this.#offerKept();
    return this.#insist((database) => database.takeTurn(runId, isDue, patch, audit));
  }

  async reservePorts(
    runId: RunId,
    expected: (run: Run) => boolean,
    choose: (taken: readonly PortRange[]) => PortRange,
  ): Promise<Run | null> {
    // A run whose end is only kept still has its ports until that is taken: more than needed, never less.
    await this.#offerKept();
    return this.#insist((database) => database.reservePorts(runId, expected, choose));
  }

  async change(
    runId: RunId,
    expected: (run: Run) => boolean,
    patch: RunPatch,
    audit?: AuditEntry,
  ): Promise<Run | null> {
    if (!mayBeKept(patch)) {
      await this.#offerKept();
      return this.#insist((database) => database.change(runId, expected, patch, audit));
    }
    try {
      // A decision upon a row that lacks what is kept of it would be made upon the past.
      if (!(await this.#offerKept())) throw this.#reason();
      return await this.#write((database) => database.change(runId, expected, patch, audit));
    } catch (error) {
      this.#requireFailure(error);
      return this.#keep(runId, expected, patch, audit ?? null);
    }
  }

  async recordLooks(
    holder: ProcessIdentity,
    looks: readonly { readonly runId: RunId; readonly at: number; readonly observation: Observation }[],
  ): Promise<void> {
    await this.#write((database) => database.recordLooks(holder, looks));
  }

  async addSamples(samples: ReadonlyMap<RunId, readonly Sample[]>): Promise<void> {
    await this.#write((database) => database.addSamples(samples));
  }

  samples(runId: RunId): Promise<readonly Sample[]> {
    return this.#use((database) => database.samples(runId));
  }

  thinSamples(after: RunId | null): Promise<RunId | null> {
    return this.#write((database) => database.thinSamples(after));
  }

  async keepCheckpoints(runId: RunId, checkpoints: readonly Checkpoint[]): Promise<void> {
    await this.#write((database) => database.keepCheckpoints(runId, checkpoints));
  }

  checkpoints(runId: RunId): Promise<readonly Checkpoint[]> {
    return this.#use((database) => database.checkpoints(runId));
  }

  async keepDiskUsage(usage: DiskUsage): Promise<void> {
    await this.#write((database) => database.keepDiskUsage(usage));
  }

  /** While the database cannot be used nothing is known: it is measured. */
  diskUsages(): Promise<readonly DiskUsage[]> {
    return this.#read(
      (database) => database.diskUsages(),
      () => Promise.resolve([]),
    );
  }

  uncleanedRuns(): Promise<readonly Run[]> {
    return this.#use((database) => database.uncleanedRuns());
  }

  async settleWorktree(runId: RunId, audit: AuditEntry): Promise<void> {
    await this.#insist((database) => database.settleWorktree(runId, audit));
  }

  repositoriesOfEnded(before: number): Promise<readonly string[]> {
    return this.#use((database) => database.repositoriesOfEnded(before));
  }

  runsToForget(repository: string, endedBefore: number): Promise<readonly RunId[]> {
    return this.#use((database) => database.runsToForget(repository, endedBefore));
  }

  forgetRun(runId: RunId, endedBefore: number, audit: AuditEntry): Promise<boolean> {
    return this.#insist((database) => database.forgetRun(runId, endedBefore, audit));
  }

  takeDailyPass(intervalMilliseconds: number): Promise<boolean> {
    return this.#insist((database) => database.takeDailyPass(intervalMilliseconds));
  }

  seen(runId: RunId): Promise<ReadonlySet<string>> {
    return this.#read(
      (database) => database.seen(runId),
      () => Promise.resolve(new Set<string>()),
    );
  }

  async forgetSeen(gone: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    try {
      await this.#write((database) => database.forgetSeen(gone));
    } catch (error) {
      this.#requireFailure(error);
    }
  }

  /** Whoever saw them keeps them in memory too. */
  async addSeen(seen: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    try {
      await this.#write((database) => database.addSeen(seen));
    } catch (error) {
      this.#requireFailure(error);
    }
  }

  async audit(entry: AuditEntry): Promise<void> {
    try {
      await this.#write((database) => database.audit(entry));
    } catch (error) {
      this.#requireFailure(error);
      if (entry.runId === null) throw error;
      await this.#journal.append(entry.runId, () => Promise.resolve({ patch: null, audit: entry }));
    }
  }

  async auditEntries(filter: AuditFilter): Promise<readonly LoggedEntry[]> {
    await this.#offerKept();
    return this.#use((database) => database.auditEntries(filter));
  }

  auditCopied(): Promise<void> {
    return this.#mirror.copied();
  }

  async verifyAudit(): Promise<AuditVerification> {
    await this.#offerKept();
    await this.auditCopied();
    return this.#use((database) => verifyAudit(database, this.#mirror.file, this.#mirror.heads));
  }

  async redactAudit(
    request: RedactionRequest,
    entryOf: (ranges: readonly EntryRange[]) => AuditEntry,
  ): Promise<number> {
    await this.requireDatabase();
    const entries = await this.#insist((database) => database.redactAudit(request, entryOf));
    await this.auditCopied();
    await this.#mirror.redact(await this.#use((database) => database.redactedEntries()));
    const { file, now } = this.#options;
    if (entries > 0)
      await retryWhileBusy(
        file,
        () => this.#backups.renew(now()),
        () => longPatienceMilliseconds,
      );
    return entries;
  }

  async auditHistory(span: HistorySpan): Promise<AuditHistory> {
    await this.#offerKept();
    return this.#use((database) => database.auditHistory(span));
  }

  async counts(): Promise<Counts> {
    await this.#offerKept();
    return this.#use((database) => database.counts());
  }

  async recordStates(holder: ProcessIdentity, states: readonly RunStates[]): Promise<void> {
    await this.#write((database) => database.recordStates(holder, states));
  }

  pendingNotices(): Promise<readonly PendingNotice[]> {
    return this.#use((database) => database.pendingNotices());
  }

  changeDelivery(pending: PendingNotice, delivery: Delivery): Promise<boolean> {
    return this.#write((database) => database.changeDelivery(pending, delivery));
  }

  async pruneNotices(before: number): Promise<void> {
    await this.#write((database) => database.pruneNotices(before));
  }

  async examine(): Promise<DatabaseFacts> {
    await this.#offerKept();
    const facts = await this.#use((database) => database.examine());
    const kept = await this.#journal.entries();
    const backups: DatabaseFacts['backups'][number][] = [];
    for (const { file, at } of await this.#backups.all())
      backups.push({ file, at, problem: await problemOfBackup(file) });
    return { ...facts, keptChanges: [...kept.values()].flat().length, backups };
  }

  async replaceDamaged(): Promise<void> {
    this.#letGo(true);
    await this.#insist((database) => database.requireWritable());
  }

  /** A copy that is damaged is one of a database that is: that is checked then, and replaced. */
  async backUp(signal: AbortSignal): Promise<boolean> {
    const { file, now } = this.#options;
    const take = (): Promise<Backup | null> =>
      this.#backups.take(now(), (newest) => isBackupDue(newest, now()), signal);
    return (await this.#use(() => retryWhileBusy(file, take, () => longPatienceMilliseconds))) !== null;
  }

  async addKey(key: ApiKey, kept: KeyDigest, audit: AuditEntry): Promise<void> {
    await this.#insist((database) => database.addKey(key, kept, audit));
  }

  keys(): Promise<readonly ApiKey[]> {
    return this.#use((database) => database.keys());
  }

  keyWithDigest(id: string): ReturnType<Store['keyWithDigest']> {
    return this.#use((database) => database.keyWithDigest(id));
  }

  async keyUsed(id: string, at: number): Promise<void> {
    await this.#write((database) => database.keyUsed(id, at));
  }

  revokeKey(id: string, at: number, audit: AuditEntry): Promise<boolean> {
    return this.#insist((database) => database.revokeKey(id, at, audit));
  }

  addRequest(
    asked: Omit<PermissionRequest, 'id'>,
    audit: (request: PermissionRequest) => AuditEntry,
  ): Promise<PermissionRequest> {
    return this.#insist((database) => database.addRequest(asked, audit));
  }

  request(id: number): Promise<PermissionRequest | null> {
    return this.#use((database) => database.request(id));
  }

  requests(limit: number): Promise<readonly PermissionRequest[]> {
    return this.#use((database) => database.requests(limit));
  }

  closeRequest(
    id: number,
    closing: Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>,
    audit: AuditEntry,
  ): Promise<PermissionRequest | null> {
    return this.#insist((database) => database.closeRequest(id, closing, audit));
  }

  lease(): Promise<Lease | null> {
    return this.#use((database) => database.lease());
  }

  holdLease(candidate: LeaseCandidate, knownGone: ProcessIdentity | null): Promise<Lease> {
    return this.#write((database) => database.holdLease(candidate, knownGone));
  }

  async releaseLease(holder: ProcessIdentity): Promise<void> {
    await this.#write((database) => database.releaseLease(holder));
  }

  /** What is kept may be of runs that are over; until that is written, they count as active. */
  releaseLeaseIfIdle(holder: ProcessIdentity): Promise<boolean> {
    return this.#write((database) => database.releaseLeaseIfIdle(holder));
  }

  dataVersion(): number {
    return this.#dataVersion.of(this.#versionBy((database) => database.dataVersion()));
  }

  runsVersion(): number {
    return this.#runsVersion.of(this.#versionBy((database) => database.runsVersion()));
  }

  close(): void {
    this.#isClosed = true;
    this.#mirror.close();
    this.#database?.close();
    this.#database = null;
  }

  #versionBy(read: (database: SqliteStore) => number): string {
    return `${this.#opened} ${this.#databaseVersion(read)} ${this.#journal.mark()}`;
  }

  #databaseVersion(read: (database: SqliteStore) => number): string {
    try {
      if (this.#database?.isInPlace() === true) return String(read(this.#database));
    } catch {
      // Told by whoever reads or writes next.
    }
    return `blind since ${Math.floor(this.#options.now() / blindLookMilliseconds)}`;
  }

  #row(runId: RunId): Promise<Run | null> {
    return this.#read(
      (database) => database.run(runId),
      () => this.#records.run(runId),
    );
  }

  async #keep(
    runId: RunId,
    expected: (run: Run) => boolean,
    patch: RunPatch,
    audit: AuditEntry | null,
  ): Promise<Run | null> {
    const change: KeptChange = { patch: patchWritten(patch, 'kept'), audit };
    let after: Run | null = null;
    await this.#journal.append(runId, async (kept) => {
      const row = await this.#row(runId);
      const before = row === null ? null : withAllKept(row, kept);
      if (before === null || !expected(before)) return null;
      after = withKept(before, change.patch ?? {});
      return after === null ? null : change;
    });
    return after;
  }

  async #kept(): Promise<ReadonlyMap<RunId, readonly KeptChange[]>> {
    if (this.#journal.mark() !== '' && this.#options.now() - this.#offeredAt > offerAgainMilliseconds)
      await this.#offerKept();
    return this.#journal.entries();
  }

  /** @returns whether the database has all that was kept */
  #offerKept(): Promise<boolean> {
    if (this.#journal.mark() === '') return Promise.resolve(true);
    this.#offering ??= this.#offer().finally(() => {
      this.#offering = null;
      this.#offeredAt = this.#options.now();
    });
    return this.#offering;
  }

  async #offer(): Promise<boolean> {
    const entries = await this.#journal.entries();
    try {
      for (const [runId, changes] of entries) {
        const record = await this.#records.run(runId);
        await this.#write((database) => database.takeKept(runId, record, changes));
      }
      await this.#journal.taken(entries);
      return true;
    } catch (error) {
      this.#requireFailure(error);
      return false;
    }
  }

  async #read<Result>(
    fromDatabase: (database: SqliteStore) => Promise<Result>,
    fromFolders: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#use(fromDatabase);
    } catch (error) {
      this.#requireFailure(error);
      return fromFolders();
    }
  }

  /** For what is not done without the database: waits longer for it. */
  async #insist<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    for (;;) {
      try {
        return await this.#write(work);
      } catch (error) {
        const waitedMilliseconds = Math.round(performance.now() - begun);
        if (!isWardenError(error, 'database_busy')) throw error;
        if (waitedMilliseconds > longPatienceMilliseconds)
          throw new WardenError('database_busy', { path: this.#options.file, waitedMilliseconds }, { cause: error });
        // The next try waits by itself.
        this.#isFailing = false;
      }
    }
  }

  async #use<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const database = await this.#open();
    try {
      return await work(database);
    } catch (error) {
      // Others found before that it was damaged or moved away, and let go of it under our hands.
      const isLetGo = this.#database !== database;
      if (this.#isClosed || !(isLetGo || isWardenError(error, 'database_damaged'))) throw error;
      if (!isLetGo) this.#letGo(true);
      return await work(await this.#open());
    }
  }

  /** Only what was written proves that it works again: a locked or full database can still be read. */
  async #write<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const result = await this.#use(work);
    this.#isFailing = false;
    this.#told = null;
    this.#copyAudit();
    return result;
  }

  #copyAudit(): void {
    const last = this.#database?.lastAudited ?? 0;
    if (last !== this.#copying) this.#mirror.copySoon(this.#auditSource);
    this.#copying = last;
  }

  /** The database at its path, whatever became of the one that was open. */
  async #open(): Promise<SqliteStore> {
    if (this.#database !== null && !this.#isClosed && !this.#database.isInPlace()) this.#letGo(false);
    if (this.#database !== null) return this.#database;
    const { now } = this.#options;
    if (this.#failedToOpen !== null && Math.abs(now() - this.#failedToOpen.at) < tryAgainMilliseconds)
      throw this.#failedToOpen.failure;
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openAnew(): Promise<SqliteStore> {
    const { file, now, actor, diagnostics } = this.#options;
    const busyLimitMilliseconds = (): number => (this.#isFailing ? 0 : patienceMilliseconds);
    try {
      const database = await openStore({ file, now, actor, busyLimitMilliseconds, isSuspect: this.#isSuspect });
      this.#failedToOpen = null;
      this.#isSuspect = false;
      this.#opened += 1;
      if (this.#isClosed) database.close();
      else this.#database = database;
      if (!this.#isClosed && (await this.#mirror.isBehind(database))) this.#mirror.copySoon(this.#auditSource);
      if (database.rebuilt !== null) diagnostics.failed('opening the database', rebuiltError(file, database.rebuilt));
      return database;
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure !== null) this.#failedToOpen = { failure, at: now() };
      throw error;
    }
  }

  /** Opened again by whoever needs it next. */
  #letGo(isSuspect: boolean): void {
    this.#database?.close();
    this.#database = null;
    this.#failedToOpen = null;
    this.#isSuspect ||= isSuspect;
  }

  /** @throws the error itself when it is not the database that failed */
  #requireFailure(error: unknown): void {
    const failure = databaseFailure(error);
    if (failure === null || this.#isClosed) throw error;
    this.#isFailing = true;
    this.#lastFailure = failure;
    if (this.#told === failure.code) return;
    this.#told = failure.code;
    this.#options.diagnostics.failed('using the database, so the run folders have to do', failure);
  }
  #reason(): WardenError {
    return this.#lastFailure ?? new WardenError('database_busy', { path: this.#options.file, waitedMilliseconds: 0 });
  }
}

/** A number that changes whenever a text does. */
class Version {
  #number = 0;
  #text = '';

  of(text: string): number {
    if (text !== this.#text) this.#number += 1;
    this.#text = text;
    return this.#number;
  }
}

function processesOf(runs: readonly Run[]): readonly ActiveProcesses[] {
  return runs.map(({ runId, process, stop }) => ({
    runId,
    wrapper: process?.wrapper ?? null,
    command: process?.command ?? null,
    controlGroup: process?.containment.controlGroup ?? null,
    isForced: stop?.force ?? false,
  }));
}

function rebuiltError(file: string, { backup, ...facts }: Rebuilt): WardenError {
  return new WardenError('database_rebuilt', { path: file, backup: backup?.file ?? null, ...facts });
}

function withKeptOf(kept: ReadonlyMap<RunId, readonly KeptChange[]>): (run: Run) => Run {
  return (run) => withAllKept(run, kept.get(run.runId) ?? []);
}

const failures: ReadonlySet<ErrorCode> = new Set([
  'database_busy',
  'database_damaged',
  'database_newer',
  'disk_full',
  'state_folder_not_writable',
  'unsupported_runtime',
] satisfies ErrorCode[]);

/** The error, when it says that the database cannot be used; null for any other. */
function databaseFailure(error: unknown): WardenError | null {
  return isWardenError(error) && failures.has(error.code) ? error : null;
}
