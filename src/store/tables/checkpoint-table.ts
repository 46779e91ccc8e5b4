import type { Checkpoint, CheckpointReason } from '../../core/checkpoint.ts';
import type { RunId } from '../../core/run-id.ts';
import type { Statements } from './statements.ts';

interface CheckpointRow {
  number: number;
  ref: string;
  commit_id: string;
  why: CheckpointReason | null;
  at: number;
  files: number | null;
  operation: string | null;
}

const insert = `
INSERT INTO checkpoints (run_id, number, ref, commit_id, why, at, files, operation)
SELECT run_id, @number, @ref, @commit, @why, @at, @files, @operation FROM workflow_runs WHERE run_id = @runId`;

/**
 * What is known of the refs of checkpoints: these are the truth, and the rows are written anew from them. What writes is
 * called within a transaction.
 */
export class CheckpointTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  replace(runId: RunId, checkpoints: readonly Checkpoint[]): void {
    this.#statement('DELETE FROM checkpoints WHERE run_id = ?').run(runId);
    for (const checkpoint of checkpoints) this.#statement(insert).run({ runId, ...checkpoint });
  }

  of(runId: RunId): readonly Checkpoint[] {
    const sql = 'SELECT * FROM checkpoints WHERE run_id = ? ORDER BY number';
    return (this.#statement(sql).all(runId) as CheckpointRow[]).map(
      ({ number, ref, commit_id: commit, why, at, files, operation }) => ({
        ref,
        number,
        commit,
        why,
        at,
        files,
        operation,
      }),
    );
  }
}
