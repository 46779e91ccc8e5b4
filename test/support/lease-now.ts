import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Who holds the lease of the watching, as the database has it: a look from outside of the product. */
export function leaseNow(stateFolder: string): { readonly pid: number; readonly face: string } | null {
  const file = path.join(stateFolder, 'warden.db');
  if (!existsSync(file)) return null;
  const database = new Database(file, { readonly: true, timeout: 1000 });
  try {
    const sql = "SELECT holder ->> 'pid' AS pid, face FROM supervisors";
    return (database.prepare(sql).get() as { pid: number; face: string } | undefined) ?? null;
  } finally {
    database.close();
  }
}
