import type { Delivery, PendingNotice } from '../../core/delivery.ts';
import { healthKinds, idempotencyKeyOf, type Notice } from '../../core/notice.ts';
import type { RunStates } from '../../core/ports/outbox.ts';
import type { Statements } from './statements.ts';

interface NoticeRow {
  readonly notice: string;
  readonly attempts: number;
  readonly due_at: number;
}

/** More than these are not read at once. */
const readRows = 1_000;

/** The table of what is told of runs, see Outbox. What writes is called within a transaction. */
export class NoticeTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  /** Unless it was taken down already and still holds. */
  record(notice: Notice): void {
    this.#statement(`
      INSERT OR IGNORE INTO notices (idempotency_key, run_id, kind, at, notice, holds, attempts, due_at)
      VALUES (@key, @runId, @kind, @at, @notice, 1, 0, @at)`).run({
      key: idempotencyKeyOf(notice),
      runId: notice.runId,
      kind: notice.kind,
      at: notice.at,
      notice: JSON.stringify(notice),
    });
  }

  recordStates(states: readonly RunStates[]): void {
    const end = this.#statement('UPDATE notices SET holds = 0 WHERE run_id = ? AND kind = ? AND holds = 1');
    for (const { runId, notices } of states) {
      const holding = new Set(notices.map(({ kind }) => kind));
      for (const kind of healthKinds) if (!holding.has(kind)) end.run(runId, kind);
      for (const notice of notices) this.record(notice);
    }
  }

  pending(): readonly PendingNotice[] {
    const sql = `
      SELECT notice, attempts, due_at FROM notices WHERE due_at IS NOT NULL ORDER BY attempts, due_at, rowid LIMIT ${readRows}`;
    return (this.#statement(sql).all() as NoticeRow[]).map(({ notice, attempts, due_at: dueAt }) => ({
      notice: JSON.parse(notice) as Notice,
      delivery: { dueAt, attempts },
    }));
  }

  change({ notice, delivery: before }: PendingNotice, delivery: Delivery): boolean {
    const { changes } = this.#statement(`
      UPDATE notices SET attempts = @attempts, due_at = @dueAt, outcome = @outcome, settled_at = @settledAt
      WHERE idempotency_key = @key AND due_at = @before`).run({
      key: idempotencyKeyOf(notice),
      before: before.dueAt,
      outcome: null,
      settledAt: null,
      ...delivery,
    });
    return changes > 0;
  }

  prune(before: number): void {
    this.#statement('DELETE FROM notices WHERE settled_at < ?').run(before);
  }
}
