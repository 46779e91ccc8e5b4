import type Database from 'better-sqlite3';
import type { RunId } from '../core/run-id.ts';
import { type Sample, samplesToDrop } from '../core/samples.ts';

interface SampleRow {
  readonly at: number;
  readonly cpu_percent: number;
  readonly memory_bytes: number;
  readonly processes: number;
  readonly output_bytes: number;
}

/** The table of samples; whoever calls sees to transactions. */
export class SampleRows {
  readonly #insert: Database.Statement;
  readonly #select: Database.Statement;
  readonly #times: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #next: Database.Statement;

  constructor(database: Database.Database) {
    this.#insert = database.prepare(`
      INSERT OR IGNORE INTO samples (run_id, at, cpu_percent, memory_bytes, processes, output_bytes)
      SELECT run_id, @at, @cpuPercent, @memoryBytes, @processes, @outputBytes FROM workflow_runs WHERE run_id = @runId`);
    this.#select = database.prepare('SELECT * FROM samples WHERE run_id = ? ORDER BY at');
    this.#times = database.prepare('SELECT at FROM samples WHERE run_id = ? ORDER BY at').pluck();
    this.#delete = database.prepare('DELETE FROM samples WHERE run_id = ? AND at = ?');
    this.#next = database.prepare('SELECT run_id FROM samples WHERE run_id > ? ORDER BY run_id LIMIT 1').pluck();
  }

  add(runId: RunId, samples: readonly Sample[]): void {
    for (const sample of samples) this.#insert.run({ runId, ...sample });
  }

  of(runId: RunId): readonly Sample[] {
    return (this.#select.all(runId) as SampleRow[]).map((row) => ({
      at: row.at,
      cpuPercent: row.cpu_percent,
      memoryBytes: row.memory_bytes,
      processes: row.processes,
      outputBytes: row.output_bytes,
    }));
  }

  /** Thins the samples of the next run after one. @returns that run; null when there was none */
  thinNext(after: RunId | null, now: number): RunId | null {
    const runId = (this.#next.get(after ?? '') as RunId | undefined) ?? null;
    if (runId === null) return null;
    for (const at of samplesToDrop(this.#times.all(runId) as number[], now)) this.#delete.run(runId, at);
    return runId;
  }
}
