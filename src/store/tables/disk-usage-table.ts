import type { DiskUsage } from '../../core/disk-usage.ts';
import type { Statements } from './statements.ts';

interface DiskUsageRow {
  repository: string;
  at: number;
  took_ms: number;
  bytes: number;
  worktrees: string;
}

const insert = `
INSERT INTO disk_usage (repository, at, took_ms, bytes, worktrees)
VALUES (@repository, @at, @tookMilliseconds, @bytes, @worktrees)`;

/** What was measured last of each repository. What writes is called within a transaction. */
export class DiskUsageTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  replace(usage: DiskUsage): void {
    this.#statement('DELETE FROM disk_usage WHERE repository = ?').run(usage.repository);
    if (usage.worktrees.length === 0) return;
    this.#statement(insert).run({ ...usage, worktrees: JSON.stringify(usage.worktrees) });
  }

  all(): readonly DiskUsage[] {
    const rows = this.#statement('SELECT * FROM disk_usage ORDER BY repository').all() as DiskUsageRow[];
    return rows.map(({ repository, at, took_ms, bytes, worktrees }) => ({
      repository,
      at,
      tookMilliseconds: took_ms,
      bytes,
      worktrees: JSON.parse(worktrees) as DiskUsage['worktrees'],
    }));
  }
}
