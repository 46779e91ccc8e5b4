import path from 'node:path';
import type { EntryRange, RedactionRequest } from '../core/audit-chain.ts';
import type { AuditHistory } from '../core/alerts.ts';
import type { ApiKey, KeyDigest } from '../core/api-key.ts';
import type { AuditVerification } from '../core/audit-problem.ts';
import { type Backup, isBackupDue } from '../core/backup.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { DiskUsage } from '../core/disk-usage.ts';
import type { DatabaseFacts } from '../core/diagnosis.ts';
import { mayBeKept } from '../core/kept-change.ts';
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
import { DatabaseAccess, databaseFailure, longPatienceMilliseconds } from './database-access.ts';
import { KeptChanges, withKeptOf } from './kept-changes.ts';
import { retryWhileBusy } from './open-database.ts';
import { RunRecords } from './run-records.ts';
import type { SqliteStore } from './sqlite-store.ts';
import { verifyAudit } from './verify-audit.ts';

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
  readonly #access: DatabaseAccess;
  readonly #kept: KeptChanges;
  readonly #records: RunRecords;
  readonly #mirror: AuditMirror;
  readonly #backups: Backups;
  /** Number of the last audit entry that is being copied. */
  #copying = 0;
  readonly #dataVersion = new Version();
  readonly #runsVersion = new Version();
  /** Whichever database is open then. */
  readonly #auditSource: AuditSource = {
    auditRowsAfter: async (entry, limit) =>
      this.#access.isClosed ? [] : this.#access.use((database) => database.auditRowsAfter(entry, limit)),
    lastAudit: () => this.#access.use((database) => database.lastAudit()),
  };

  constructor(options: LastingStoreOptions) {
    const folder = path.dirname(options.file);
    this.#options = options;
    this.#records = new RunRecords(folder);
    this.#access = new DatabaseAccess({
      ...options,
      onOpened: async (database) => {
        if (await this.#mirror.isBehind(database)) this.#mirror.copySoon(this.#auditSource);
      },
      onWritten: (database) => this.#copyAudit(database),
    });
    this.#kept = new KeptChanges({
      stateFolder: folder,
      records: this.#records,
      access: this.#access,
      now: options.now,
    });
    this.#mirror = new AuditMirror(folder, options.diagnostics);
    this.#backups = new Backups(options.file);
  }

  async open(): Promise<void> {
    try {
      await this.#access.use((database) => database.lease());
    } catch (error) {
      const runIds = await this.#records.runIds().catch(() => []);
      if (databaseFailure(error) === null || runIds.length === 0) throw error;
    }
    await this.#kept.open();
  }

  insertRun(run: Run, audit: AuditEntry, replacing?: Replacing): Promise<boolean> {
    return this.#access.insist((database) => database.insertRun(run, audit, replacing));
  }

  async run(runId: RunId): Promise<Run | null> {
    // In this order: what is taken by the database in between is in both, and changes nothing a second time.
    const kept = await this.#kept.all();
    const run = await this.#kept.row(runId);
    return run === null ? null : withKeptOf(kept)(run);
  }

  async replacementOf(runId: RunId): Promise<Run | null> {
    const kept = await this.#kept.all();
    const run = await this.#access.read(
      (database) => database.replacementOf(runId),
      async () => (await this.#records.all()).findLast((one) => one.restartedFrom === runId) ?? null,
    );
    return run === null ? null : withKeptOf(kept)(run);
  }

  async replacementsOf(runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, RunId>> {
    if (runIds.length === 0) return new Map();
    return this.#access.read(
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
    return this.#access.use((database) => database.unansweredRuns(endedSince));
  }

  async descendantsOf(runId: RunId): Promise<readonly Run[]> {
    const kept = await this.#kept.all();
    const runs = await this.#access.read(
      (database) => database.descendantsOf(runId),
      () => this.#records.all(),
    );
    return runs.map(withKeptOf(kept));
  }

  async runs(filter: RunFilter): Promise<RunPage> {
    const kept = await this.#kept.all();
    return this.#access.read(
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
    const kept = await this.#kept.all();
    const active = await this.#access.read(
      (database) => database.activeRuns(),
      () => this.#records.all(),
    );
    return active.map(withKeptOf(kept)).filter(({ status }) => !isTerminal(status));
  }

  async watchedRuns(): Promise<readonly Run[]> {
    const activeRuns = (): Promise<readonly Run[]> => this.activeRuns();
    return this.#kept.mark === '' ? this.#access.read((database) => database.watchedRuns(), activeRuns) : activeRuns();
  }

  async activeProcesses(): Promise<readonly ActiveProcesses[]> {
    const fromRuns = async (): Promise<readonly ActiveProcesses[]> => processesOf(await this.activeRuns());
    return this.#kept.mark === '' ? this.#access.read((database) => database.activeProcesses(), fromRuns) : fromRuns();
  }

  knownRunIds(): Promise<readonly RunId[]> {
    return this.#access.read(
      (database) => database.knownRunIds(),
      () => this.#records.runIds(),
    );
  }

  async isOnlyKept(runId: RunId): Promise<boolean> {
    return (await this.#kept.all()).has(runId);
  }

  async requireDatabase(): Promise<void> {
    await this.#access.insist((database) => database.requireWritable());
    if (!(await this.#kept.offer())) throw this.#access.reason();
  }

  hasQueuedRuns(): Promise<boolean> {
    return this.#access.use((database) => database.hasQueuedRuns());
  }

  async takeTurn(
    runId: RunId,
    isDue: (run: Run, active: readonly Run[]) => boolean,
    patch: RunPatch,
    audit: AuditEntry,
  ): Promise<Run | null> {
    await this.#kept.offer();
    return this.#access.insist((database) => database.takeTurn(runId, isDue, patch, audit));
  }

  async reservePorts(
    runId: RunId,
    expected: (run: Run) => boolean,
    choose: (taken: readonly PortRange[]) => PortRange,
  ): Promise<Run | null> {
    // A run whose end is only kept still has its ports until that is taken: more than needed, never less.
    await this.#kept.offer();
    return this.#access.insist((database) => database.reservePorts(runId, expected, choose));
  }

  async change(
    runId: RunId,
    expected: (run: Run) => boolean,
    patch: RunPatch,
    audit?: AuditEntry,
  ): Promise<Run | null> {
    if (!mayBeKept(patch)) {
      await this.#kept.offer();
      return this.#access.insist((database) => database.change(runId, expected, patch, audit));
    }
    try {
      // A decision upon a row that lacks what is kept of it would be made upon the past.
      if (!(await this.#kept.offer())) throw this.#access.reason();
      return await this.#access.write((database) => database.change(runId, expected, patch, audit));
    } catch (error) {
      this.#access.requireFailure(error);
      return this.#kept.change(runId, expected, patch, audit ?? null);
    }
  }

  async recordLooks(
    holder: ProcessIdentity,
    looks: readonly { readonly runId: RunId; readonly at: number; readonly observation: Observation }[],
  ): Promise<void> {
    await this.#access.write((database) => database.recordLooks(holder, looks));
  }

  async addSamples(samples: ReadonlyMap<RunId, readonly Sample[]>): Promise<void> {
    await this.#access.write((database) => database.addSamples(samples));
  }

  samples(runId: RunId): Promise<readonly Sample[]> {
    return this.#access.use((database) => database.samples(runId));
  }

  thinSamples(after: RunId | null): Promise<RunId | null> {
    return this.#access.write((database) => database.thinSamples(after));
  }

  async keepCheckpoints(runId: RunId, checkpoints: readonly Checkpoint[]): Promise<void> {
    await this.#access.write((database) => database.keepCheckpoints(runId, checkpoints));
  }

  checkpoints(runId: RunId): Promise<readonly Checkpoint[]> {
    return this.#access.use((database) => database.checkpoints(runId));
  }

  async keepDiskUsage(usage: DiskUsage): Promise<void> {
    await this.#access.write((database) => database.keepDiskUsage(usage));
  }

  /** While the database cannot be used nothing is known: it is measured. */
  diskUsages(): Promise<readonly DiskUsage[]> {
    return this.#access.read(
      (database) => database.diskUsages(),
      () => Promise.resolve([]),
    );
  }

  uncleanedRuns(): Promise<readonly Run[]> {
    return this.#access.use((database) => database.uncleanedRuns());
  }

  async settleWorktree(runId: RunId, audit: AuditEntry): Promise<void> {
    await this.#access.insist((database) => database.settleWorktree(runId, audit));
  }

  repositoriesOfEnded(before: number): Promise<readonly string[]> {
    return this.#access.use((database) => database.repositoriesOfEnded(before));
  }

  runsToForget(repository: string, endedBefore: number): Promise<readonly RunId[]> {
    return this.#access.use((database) => database.runsToForget(repository, endedBefore));
  }

  forgetRun(runId: RunId, endedBefore: number, audit: AuditEntry): Promise<boolean> {
    return this.#access.insist((database) => database.forgetRun(runId, endedBefore, audit));
  }

  takeDailyPass(intervalMilliseconds: number): Promise<boolean> {
    return this.#access.insist((database) => database.takeDailyPass(intervalMilliseconds));
  }

  seen(runId: RunId): Promise<ReadonlySet<string>> {
    return this.#access.read(
      (database) => database.seen(runId),
      () => Promise.resolve(new Set<string>()),
    );
  }

  async forgetSeen(gone: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    try {
      await this.#access.write((database) => database.forgetSeen(gone));
    } catch (error) {
      this.#access.requireFailure(error);
    }
  }

  /** Whoever saw them keeps them in memory too. */
  async addSeen(seen: ReadonlyMap<RunId, readonly string[]>): Promise<void> {
    try {
      await this.#access.write((database) => database.addSeen(seen));
    } catch (error) {
      this.#access.requireFailure(error);
    }
  }

  async audit(entry: AuditEntry): Promise<void> {
    try {
      await this.#access.write((database) => database.audit(entry));
    } catch (error) {
      this.#access.requireFailure(error);
      if (entry.runId === null) throw error;
      await this.#kept.audit(entry.runId, entry);
    }
  }

  async auditEntries(filter: AuditFilter): Promise<readonly LoggedEntry[]> {
    await this.#kept.offer();
    return this.#access.use((database) => database.auditEntries(filter));
  }

  auditCopied(): Promise<void> {
    return this.#mirror.copied();
  }

  async verifyAudit(): Promise<AuditVerification> {
    await this.#kept.offer();
    await this.auditCopied();
    return this.#access.use((database) => verifyAudit(database, this.#mirror.file, this.#mirror.heads));
  }

  async redactAudit(
    request: RedactionRequest,
    entryOf: (ranges: readonly EntryRange[]) => AuditEntry,
  ): Promise<number> {
    await this.requireDatabase();
    const entries = await this.#access.insist((database) => database.redactAudit(request, entryOf));
    await this.auditCopied();
    await this.#mirror.redact(await this.#access.use((database) => database.redactedEntries()));
    const { file, now } = this.#options;
    // Also where nothing was left to remove here: the redaction before this one may have been cut off.
    await retryWhileBusy(
      file,
      () => this.#backups.renew(now()),
      () => longPatienceMilliseconds,
    );
    return entries;
  }

  async auditHistory(span: HistorySpan): Promise<AuditHistory> {
    await this.#kept.offer();
    return this.#access.use((database) => database.auditHistory(span));
  }

  async counts(): Promise<Counts> {
    await this.#kept.offer();
    return this.#access.use((database) => database.counts());
  }

  async recordStates(holder: ProcessIdentity, states: readonly RunStates[]): Promise<void> {
    await this.#access.write((database) => database.recordStates(holder, states));
  }

  pendingNotices(): Promise<readonly PendingNotice[]> {
    return this.#access.use((database) => database.pendingNotices());
  }

  changeDelivery(pending: PendingNotice, delivery: Delivery): Promise<boolean> {
    return this.#access.write((database) => database.changeDelivery(pending, delivery));
  }

  async pruneNotices(before: number): Promise<void> {
    await this.#access.write((database) => database.pruneNotices(before));
  }

  async examine(): Promise<DatabaseFacts> {
    await this.#kept.offer();
    const facts = await this.#access.use((database) => database.examine());
    const kept = await this.#kept.all();
    const backups: DatabaseFacts['backups'][number][] = [];
    for (const { file, at } of await this.#backups.all())
      backups.push({ file, at, problem: await problemOfBackup(file) });
    return { ...facts, keptChanges: [...kept.values()].flat().length, backups };
  }

  async replaceDamaged(): Promise<void> {
    this.#access.suspect();
    await this.#access.insist((database) => database.requireWritable());
  }

  /** A copy that is damaged is one of a database that is: that is checked then, and replaced. */
  async backUp(signal: AbortSignal): Promise<boolean> {
    const { file, now } = this.#options;
    const take = (): Promise<Backup | null> =>
      this.#backups.take(now(), (newest) => isBackupDue(newest, now()), signal);
    return (await this.#access.use(() => retryWhileBusy(file, take, () => longPatienceMilliseconds))) !== null;
  }

  async addKey(key: ApiKey, kept: KeyDigest, audit: AuditEntry): Promise<void> {
    await this.#access.insist((database) => database.addKey(key, kept, audit));
  }

  keys(): Promise<readonly ApiKey[]> {
    return this.#access.use((database) => database.keys());
  }

  keyWithDigest(id: string): ReturnType<Store['keyWithDigest']> {
    return this.#access.use((database) => database.keyWithDigest(id));
  }

  async keyUsed(id: string, at: number): Promise<void> {
    await this.#access.write((database) => database.keyUsed(id, at));
  }

  revokeKey(id: string, at: number, audit: AuditEntry): Promise<boolean> {
    return this.#access.insist((database) => database.revokeKey(id, at, audit));
  }

  addRequest(
    asked: Omit<PermissionRequest, 'id'>,
    audit: (request: PermissionRequest) => AuditEntry,
  ): Promise<PermissionRequest> {
    return this.#access.insist((database) => database.addRequest(asked, audit));
  }

  request(id: number): Promise<PermissionRequest | null> {
    return this.#access.use((database) => database.request(id));
  }

  requests(limit: number): Promise<readonly PermissionRequest[]> {
    return this.#access.use((database) => database.requests(limit));
  }

  closeRequest(
    id: number,
    closing: Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>,
    audit: AuditEntry,
  ): Promise<PermissionRequest | null> {
    return this.#access.insist((database) => database.closeRequest(id, closing, audit));
  }

  lease(): Promise<Lease | null> {
    return this.#access.use((database) => database.lease());
  }

  holdLease(candidate: LeaseCandidate, knownGone: ProcessIdentity | null): Promise<Lease> {
    return this.#access.write((database) => database.holdLease(candidate, knownGone));
  }

  async releaseLease(holder: ProcessIdentity): Promise<void> {
    await this.#access.write((database) => database.releaseLease(holder));
  }

  /** What is kept may be of runs that are over; until that is written, they count as active. */
  releaseLeaseIfIdle(holder: ProcessIdentity): Promise<boolean> {
    return this.#access.write((database) => database.releaseLeaseIfIdle(holder));
  }

  dataVersion(): number {
    return this.#dataVersion.of(this.#versionBy((database) => database.dataVersion()));
  }

  runsVersion(): number {
    return this.#runsVersion.of(this.#versionBy((database) => database.runsVersion()));
  }

  close(): void {
    this.#mirror.close();
    this.#access.close();
  }

  #versionBy(read: (database: SqliteStore) => number): string {
    return `${this.#access.version(read)} ${this.#kept.mark}`;
  }

  #copyAudit({ lastAudited }: SqliteStore): void {
    if (lastAudited !== this.#copying) this.#mirror.copySoon(this.#auditSource);
    this.#copying = lastAudited;
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
