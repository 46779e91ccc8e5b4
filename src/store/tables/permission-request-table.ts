import type { PermissionRequest } from '../../core/permission-request.ts';
import type { RunId } from '../../core/run-id.ts';
import type { Statements } from './statements.ts';

interface RequestRow {
  id: number;
  run_id: RunId;
  asked_by: RunId;
  force: 0 | 1;
  why: string | null;
  asked_at: number;
  state: PermissionRequest['state'];
  answered_at: number | null;
  answered_by: string | null;
}

/** The table of what runs have asked for. What writes is called within a transaction. */
export class PermissionRequestTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  /** @returns the one that is open already, where the same run has asked for the same */
  open(runId: RunId, askedBy: RunId): PermissionRequest | null {
    const sql = "SELECT * FROM permission_requests WHERE run_id = ? AND asked_by = ? AND state = 'open'";
    const row = this.#statement(sql).get(runId, askedBy) as RequestRow | undefined;
    return row === undefined ? null : requestFrom(row);
  }

  add({ runId, askedBy, force, why, askedAt }: Omit<PermissionRequest, 'id'>): PermissionRequest {
    const row = this.#statement(`
      INSERT INTO permission_requests (run_id, asked_by, force, why, asked_at)
      VALUES (?, ?, ?, ?, ?) RETURNING *`).get(runId, askedBy, force ? 1 : 0, why, askedAt) as RequestRow;
    return requestFrom(row);
  }

  /** With the number that it had already. @returns false when there is one with that number */
  restore({ id, runId, askedBy, force, why, askedAt }: PermissionRequest): boolean {
    const sql = `
      INSERT OR IGNORE INTO permission_requests (id, run_id, asked_by, force, why, asked_at) VALUES (?, ?, ?, ?, ?, ?)`;
    return this.#statement(sql).run(id, runId, askedBy, force ? 1 : 0, why, askedAt).changes > 0;
  }

  one(id: number): PermissionRequest | null {
    const row = this.#statement('SELECT * FROM permission_requests WHERE id = ?').get(id) as RequestRow | undefined;
    return row === undefined ? null : requestFrom(row);
  }

  /** Newest first. */
  latest(limit: number): readonly PermissionRequest[] {
    const sql = 'SELECT * FROM permission_requests ORDER BY id DESC LIMIT ?';
    return (this.#statement(sql).all(limit) as RequestRow[]).map(requestFrom);
  }

  /** @returns null when it is not open */
  close(
    id: number,
    { state, answeredAt, answeredBy }: Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>,
  ): PermissionRequest | null {
    const row = this.#statement(`
      UPDATE permission_requests SET state = ?, answered_at = ?, answered_by = ?
      WHERE id = ? AND state = 'open' RETURNING *`).get(state, answeredAt, answeredBy, id) as RequestRow | undefined;
    return row === undefined ? null : requestFrom(row);
  }
}

function requestFrom(row: RequestRow): PermissionRequest {
  return {
    id: row.id,
    runId: row.run_id,
    askedBy: row.asked_by,
    force: row.force === 1,
    why: row.why,
    askedAt: row.asked_at,
    state: row.state,
    answeredAt: row.answered_at,
    answeredBy: row.answered_by,
  };
}
