import Database from 'better-sqlite3';
import { type ChainedEntry, type ChainHead, isRedacted } from '../core/audit-chain.ts';
import { AuditSince } from '../core/audit-since.ts';
import type { AuditEntry } from '../core/ports/store.ts';
import { isSameProcess } from '../core/process-identity.ts';
import { restoredRun } from '../core/restored-run.ts';
import type { Run } from '../core/run.ts';
import { isTurnOver, myTurn } from '../event-loop-turns.ts';
import type { Origin } from './open-database.ts';
import type { AuditTable } from './tables/audit-table.ts';
import { sha256 } from './tables/audit-table.ts';
import type { KeyTable } from './tables/key-table.ts';
import type { Tables } from './tables/tables.ts';

/** A database that was lost was made anew from a backup, if there was a good one, and the run folders. */
export interface Rebuilt extends Origin {
  readonly runs: number;
  /** Entries of the audit log that are lost, as far as is remembered. */
  readonly missingEntries: number;
  /** Keys that are refused from now on, since it is not certain that they were not revoked after the backup. */
  readonly refusedKeys: number;
}

/** What a new database is made from, when and as whom it is audited, and up to where its audit log is remembered. */
export interface Rebuilding extends Origin, Pick<AuditEntry, 'at' | 'actor'> {
  readonly remembered: readonly ChainHead[];
}

/** So many entries are read between two turns of the event loop at most. */
const entriesAtOnce = 100;

/**
 * Puts into a new database, or into the copy of a backup, the runs that are known from their folders, and what can be read
 * of the old audit log. What the tables do not accept, as when somebody has edited a run's folder, is left out and told.
 * @param database which nobody else sees yet
 */
export async function rebuildDatabase(
  database: Database.Database,
  tables: Tables,
  runs: readonly Run[],
  audit: AsyncIterable<ChainedEntry>,
  { at, actor, setAside, backup, remembered }: Rebuilding,
): Promise<Rebuilt> {
  // Whoever held it then watches no more, or takes it again.
  tables.lease.clear();
  const since = new AuditSince(tables.audit.head(), remembered, sha256);
  const entries = await restoreAudit(database, tables.audit, audit, since, remembered);
  const entry = { at, actor, action: 'rebuild', outcome: 'done', why: null } as const;
  const leftOut: string[] = [];
  const forgotten = since.forgottenRuns;
  for (const runId of forgotten) tables.runs.delete(runId);
  await inSlices(
    database,
    runs.filter(({ runId }) => !forgotten.has(runId)),
    (record) => {
      const before = tables.runs.one(record.runId);
      const run = restoredRun(before, record);
      restoreRun(tables, before, run);
      if (backup !== null && before?.status === run.status) return;
      tables.audit.append({ ...entry, runId: run.runId, facts: { status: run.status } });
    },
    (run) => leftOut.push(run.runId),
  );
  await inSlices(database, since.requests, (request) => void tables.requests.restore(request));
  await inSlices(database, since.answers, ([id, answer]) => void tables.requests.close(id, answer));
  const refused = restoreKeys(tables.keys, since, at);
  for (const id of refused) tables.audit.append({ ...entry, action: 'revoke_key', runId: null, facts: { id } });
  const rebuilt = {
    runs: runs.length - leftOut.length,
    setAside,
    backup,
    missingEntries: since.missing,
    refusedKeys: refused.length,
  };
  const facts = { runs: rebuilt.runs, left_out: leftOut, audit_entries: entries, set_aside: setAside };
  const source = backup === null ? {} : { backup: backup.file, refused_keys: refused };
  const lost = since.missing === 0 ? {} : { missing_entries: since.missing };
  tables.audit.append({ ...entry, runId: null, facts: { ...facts, ...source, ...lost } });
  return rebuilt;
}

/** @returns how many entries were taken over */
async function restoreAudit(
  database: Database.Database,
  table: AuditTable,
  audit: AsyncIterable<ChainedEntry>,
  since: AuditSince,
  remembered: readonly ChainHead[],
): Promise<number> {
  const first = table.head().entry;
  let entries = 0;
  await inSlices(database, unknownOf(audit, first), (entry) => {
    if (table.insert(entry)) entries += 1;
    else if (isRedacted(entry)) table.redactAgain(entry);
  });
  table.chainUnchained();
  table.countFrom(remembered.reduce((most, { entry }) => Math.max(most, entry), 0));
  for (let from = first; ;) {
    const rows = table.after(from, entriesAtOnce);
    for (const row of rows) since.add(row);
    const last = rows.at(-1);
    if (last === undefined) return entries;
    from = last.entry;
    if (isTurnOver()) await myTurn();
  }
}

/** Entries that a backup may not have as they are now. @param last entry of the backup */
async function* unknownOf(audit: AsyncIterable<ChainedEntry>, last: number): AsyncGenerator<ChainedEntry> {
  for await (const entry of audit) {
    if (isTurnOver()) await myTurn();
    if (entry.entry > last || isRedacted(entry)) yield entry;
  }
}

function restoreRun(tables: Tables, before: Run | null, run: Run): void {
  // The identity of a run's processes is written once.
  const isOther = before?.process && run.process && !isSameProcess(before.process.command, run.process.command);
  if (isOther === true) tables.processes.delete(run.runId);
  tables.writeRun(run);
}

/** In doubt a key is refused. @returns those that were refused for that */
function restoreKeys(keys: KeyTable, since: AuditSince, at: number): readonly string[] {
  for (const [id, revokedAt] of since.revokedKeys) keys.revoke(id, revokedAt);
  return since.isWhole ? [] : keys.revokeAll(at);
}

/** Each of many in a savepoint of its own, so that one that fails takes back itself alone; the event loop turns between. */
async function inSlices<Item>(
  database: Database.Database,
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => void,
  onFailure: (item: Item) => void = () => undefined,
): Promise<void> {
  const doOne = database.transaction(work);
  for await (const item of items) {
    if (isTurnOver()) await myTurn();
    try {
      doOne(item);
    } catch (error) {
      if (!isAboutTheRow(error)) throw error;
      onFailure(item);
    }
  }
}

/** What is wrong is what was to be written, not where to. */
const isAboutTheRow = (error: unknown): boolean =>
  !(error instanceof Database.SqliteError) || error.code.startsWith('SQLITE_CONSTRAINT');
