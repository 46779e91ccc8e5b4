import type Database from 'better-sqlite3';
import type { Checkpoint, CheckpointReason } from '../core/checkpoint.ts';
import type { RunId } from '../core/run-id.ts';

interface CheckpointRow {
  number: number;
  ref: string;
  commit_id: string;
  why: CheckpointReason | null;
  at: number;
  files: number | null;
  operation: string | null;
}

/** What is known of the refs of checkpoints: these are the truth, and the rows are written anew from them. */
export class CheckpointRows {
  readonly #clear: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #select: Database.Statement;

  constructor(database: Database.Database) {
    this.#clear = database.prepare('DELETE FROM checkpoints WHERE run_id = ?');
    this.#insert = database.prepare(`
      INSERT INTO checkpoints (run_id, number, ref, commit_id, why, at, files, operation)
      SELECT run_id, @number, @ref, @commit, @why, @at, @files, @operation FROM workflow_runs WHERE run_id = @runId`);
    this.#select = database.prepare('SELECT * FROM checkpoints WHERE run_id = ? ORDER BY number');
  }

  /** In a transaction of the caller. */
  replace(runId: RunId, checkpoints: readonly Checkpoint[]): void {
    this.#clear.run(runId);
    for (const checkpoint of checkpoints) this.#insert.run({ runId, ...checkpoint });
  }

  of(runId: RunId): readonly Checkpoint[] {
    return (this.#select.all(runId) as CheckpointRow[]).map(
      ({ number, ref, commit_id, why, at, files, operation }) => ({
        ref,
        number,
        commit: commit_id,
        why,
        at,
        files,
        operation,
      }),
    );
  }
}
