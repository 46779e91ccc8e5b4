import Database from 'better-sqlite3';
import type { ChainedEntry } from '../core/audit-chain.ts';
import { type AuditRow, chainedFrom } from './tables/audit-row.ts';

/**
 * The audit entries of a damaged database that can still be read: from the first on up to the damage, then from the last
 * back to it. Reads as it is asked to, so that whoever asks can let the event loop turn.
 */
export function* readableAudit(file: string): Generator<ChainedEntry> {
  const database = opened(file);
  if (database === null) return;
  try {
    let last = 0;
    for (const row of untilDamage(database, 'ASC')) {
      last = row.entry;
      yield chainedFrom(row);
    }
    for (const row of untilDamage(database, 'DESC')) {
      if (row.entry <= last) break;
      yield chainedFrom(row);
    }
  } finally {
    database.close();
  }
}

function opened(file: string): Database.Database | null {
  try {
    return new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
  } catch {
    return null;
  }
}

function* untilDamage(database: Database.Database, order: 'ASC' | 'DESC'): Generator<AuditRow> {
  try {
    yield* database.prepare<[], AuditRow>(`SELECT * FROM audit_log ORDER BY entry ${order}`).iterate();
  } catch {
    // As far as it goes.
  }
}
