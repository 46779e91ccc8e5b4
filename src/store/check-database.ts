import Database from 'better-sqlite3';
import { myTurn } from '../event-loop-turns.ts';

/** Reads all of a database, table by table, with turns of the event loop between. @returns what is wrong; null when nothing is */
export async function problemIn(database: Database.Database): Promise<string | null> {
  try {
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    for (const table of database.prepare<[], string>(sql).pluck().all()) {
      await myTurn();
      const result = database.pragma(`quick_check('${table}')`, { simple: true });
      if (result !== 'ok') return String(result);
    }
    return null;
  } catch (error) {
    if (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return error.message;
    throw error;
  }
}
