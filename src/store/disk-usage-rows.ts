import type Database from 'better-sqlite3';
import type { DiskUsage } from '../core/disk-usage.ts';

interface DiskUsageRow {
  repository: string;
  at: number;
  took_ms: number;
  bytes: number;
  worktrees: string;
}

/** What was measured last of each repository. */
export class DiskUsageRows {
  readonly #clear: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #select: Database.Statement;

  constructor(database: Database.Database) {
    this.#clear = database.prepare('DELETE FROM disk_usage WHERE repository = ?');
    this.#insert = database.prepare(`
      INSERT INTO disk_usage (repository, at, took_ms, bytes, worktrees)
      VALUES (@repository, @at, @tookMilliseconds, @bytes, @worktrees)`);
    this.#select = database.prepare('SELECT * FROM disk_usage ORDER BY repository');
  }

  /** In a transaction of the caller. */
  replace(usage: DiskUsage): void {
    this.#clear.run(usage.repository);
    if (usage.worktrees.length === 0) return;
    this.#insert.run({ ...usage, worktrees: JSON.stringify(usage.worktrees) });
  }

  all(): readonly DiskUsage[] {
    return (this.#select.all() as DiskUsageRow[]).map(({ repository, at, took_ms, bytes, worktrees }) => ({
      repository,
      at,
      tookMilliseconds: took_ms,
      bytes,
      worktrees: JSON.parse(worktrees) as DiskUsage['worktrees'],
    }));
  }
}
