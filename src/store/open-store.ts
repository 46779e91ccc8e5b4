import type Database from 'better-sqlite3';
import path from 'node:path';
import { type ChainedEntry, faultOf } from '../core/audit-chain.ts';
import type { Actor } from '../core/run.ts';
import { auditFileName, auditFileSize, entriesIn } from './audit-file.ts';
import { AuditHeads } from './audit-heads.ts';
import { Backups } from './backups.ts';
import { Connection } from './connection.ts';
import { openDatabase, type Origin } from './open-database.ts';
import { readableAudit } from './readable-audit.ts';
import { rebuildDatabase, type Rebuilt } from './rebuild-database.ts';
import { RunRecords } from './run-records.ts';
import { SqliteStore } from './sqlite-store.ts';
import { sha256 } from './tables/audit-table.ts';
import { statementsOf } from './tables/statements.ts';
import { Tables } from './tables/tables.ts';

export interface OpenStoreOptions {
  readonly file: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** As whom a database that had to be made anew is audited. */
  readonly actor: Actor;
  /** How long to go on trying while another process holds the database; asked at each try. */
  readonly busyLimitMilliseconds?: () => number;
  /** Something was wrong with it: it is checked whatever its size. */
  readonly isSuspect?: boolean;
}

/** What can be asked for at any time in the life of a run takes no longer. */
const defaultBusyLimitMilliseconds = 10_000;

/** Opens the database; one that was lost is made anew, see rebuildDatabase. @throws WardenError, see openDatabase */
export async function openStore(options: OpenStoreOptions): Promise<SqliteStore> {
  const { file, now, actor, isSuspect = false, busyLimitMilliseconds = () => defaultBusyLimitMilliseconds } = options;
  const folder = path.dirname(file);
  const records = new RunRecords(folder);
  let rebuilt: Rebuilt | null = null;
  const restore = async (database: Database.Database, { setAside, backup }: Origin): Promise<void> => {
    const runs = await records.all();
    const remembered = await new AuditHeads(folder).all();
    rebuilt = null;
    if (runs.length === 0 && setAside === null && backup === null && remembered.length === 0) return;
    const tables = new Tables(statementsOf(database), records, now);
    const audit = knownAudit(setAside === null ? null : file, path.join(folder, auditFileName));
    rebuilt = await rebuildDatabase(database, tables, runs, audit, { at: now(), actor, setAside, backup, remembered });
  };
  const backups = (): ReturnType<Backups['all']> => new Backups(file).all();
  const { database, identity, made } = await openDatabase(file, { backups, restore, isSuspect, busyLimitMilliseconds });
  // Another process may have been first.
  if (made === null) rebuilt = null;
  const connection = new Connection({ file, database, busyLimitMilliseconds });
  return new SqliteStore({
    connection,
    tables: new Tables(connection.statement, records, now),
    identity,
    rebuilt,
    now,
  });
}

/** What is left of the audit log: of the damaged database what can be read of it, then what only the file holds. */
async function* knownAudit(damaged: string | null, file: string): AsyncGenerator<ChainedEntry> {
  if (damaged !== null) {
    // What the damage has made of an entry is not to take the place of what the file holds.
    for (const entry of readableAudit(damaged)) if (faultOf(entry, null, sha256) !== 'edited') yield entry;
  }
  for await (const entry of entriesIn(file, await auditFileSize(file))) if (entry !== null) yield entry;
}
