import type { RunId } from '../../core/run-id.ts';
import { type Sample, samplesToDrop } from '../../core/samples.ts';
import type { Statements } from './statements.ts';

interface SampleRow {
  readonly at: number;
  readonly cpu_percent: number;
  readonly memory_bytes: number;
  readonly processes: number;
  readonly output_bytes: number;
}

const insert = `
INSERT OR IGNORE INTO samples (run_id, at, cpu_percent, memory_bytes, processes, output_bytes)
SELECT run_id, @at, @cpuPercent, @memoryBytes, @processes, @outputBytes FROM workflow_runs WHERE run_id = @runId`;

/** What the processes of each run took, look by look. What writes is called within a transaction. */
export class SampleTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  add(runId: RunId, samples: readonly Sample[]): void {
    for (const sample of samples) this.#statement(insert).run({ runId, ...sample });
  }

  of(runId: RunId): readonly Sample[] {
    const rows = this.#statement('SELECT * FROM samples WHERE run_id = ? ORDER BY at').all(runId) as SampleRow[];
    return rows.map((row) => ({
      at: row.at,
      cpuPercent: row.cpu_percent,
      memoryBytes: row.memory_bytes,
      processes: row.processes,
      outputBytes: row.output_bytes,
    }));
  }

  /** Thins the samples of the next run after one. @returns that run; null when there was none */
  thinNext(after: RunId | null, now: number): RunId | null {
    const next = this.#statement('SELECT run_id FROM samples WHERE run_id > ? ORDER BY run_id LIMIT 1').pluck();
    const runId = (next.get(after ?? '') as RunId | undefined) ?? null;
    if (runId === null) return null;
    const times = this.#statement('SELECT at FROM samples WHERE run_id = ? ORDER BY at').pluck().all(runId) as number[];
    const drop = this.#statement('DELETE FROM samples WHERE run_id = ? AND at = ?');
    for (const at of samplesToDrop(times, now)) drop.run(runId, at);
    return runId;
  }
}
