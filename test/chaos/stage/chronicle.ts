import Database from 'better-sqlite3';
import path from 'node:path';

/**
 * Triggers of our own that write down every change of a run's end, so that a second one is seen whoever made it. They
 * are put into the database itself: every process that works on it is watched.
 */
export function keepChronicle(stateFolder: string): void {
  using database = openDatabase(stateFolder);
  database.raw.exec(`
    CREATE TABLE IF NOT EXISTS chaos_endings (run_id TEXT, before TEXT, after TEXT);
    CREATE TRIGGER IF NOT EXISTS chaos_ending AFTER UPDATE ON workflow_runs
    WHEN NEW.ended_at IS NOT NULL AND (
      OLD.status IS NOT NEW.status OR OLD.reason IS NOT NEW.reason OR OLD.ended_at IS NOT NEW.ended_at OR
      OLD.exit_code IS NOT NEW.exit_code OR OLD.kill_method IS NOT NEW.kill_method OR
      OLD.kill_report IS NOT NEW.kill_report)
    BEGIN
      INSERT INTO chaos_endings VALUES (NEW.run_id, OLD.status, NEW.status);
    END;
  `);
}

export interface Ending {
  readonly runId: string;
  readonly before: string;
  readonly after: string;
}

export function endingsIn(stateFolder: string): Ending[] {
  using database = openDatabase(stateFolder);
  return database.raw.prepare('SELECT run_id AS runId, before, after FROM chaos_endings').all() as Ending[];
}

/** What SQLite itself finds wrong with the database. */
export function databaseProblems(stateFolder: string): unknown[] {
  using database = openDatabase(stateFolder);
  const integrity = database.raw.pragma('integrity_check') as { integrity_check: string }[];
  return [
    ...integrity.map((row) => row.integrity_check).filter((word) => word !== 'ok'),
    ...(database.raw.pragma('foreign_key_check') as unknown[]),
  ];
}

function openDatabase(stateFolder: string): Disposable & { readonly raw: Database.Database } {
  const raw = new Database(path.join(stateFolder, 'warden.db'), { timeout: 5_000 });
  return { raw, [Symbol.dispose]: () => raw.close() };
}
