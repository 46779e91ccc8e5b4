import type { Observation } from '../../core/observation.ts';
import type { ActiveProcesses } from '../../core/ports/store.ts';
import type { Run } from '../../core/run.ts';
import type { RunId } from '../../core/run-id.ts';
import {
  activeProcessesFrom,
  type ActiveProcessesRow,
  activeStatusList,
  observationParameters,
  processParameters,
} from './run-row.ts';
import type { Statements } from './statements.ts';

/** What was seen of the processes of a run is kept so long after its end, and looked for so often. */
const keptMilliseconds = 7 * 24 * 3_600_000;
const forgetMilliseconds = 3_600_000;

/** So many rows are forgotten at once at most. */
const forgottenAtOnce = 100;

/**
 * The tables of what is known of processes: who a run's are, who was seen to belong to it, and what was observed of them.
 * What writes is called within a transaction.
 */
export class ProcessTable {
  readonly #statement: Statements;
  /** What was written last of each run's marks: what has not changed is not written again. */
  readonly #marksWritten = new Map<RunId, readonly string[]>();
  /** Epoch milliseconds. */
  #forgetAt = 0;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  /** Once written, the identity stays. @param now epoch milliseconds */
  write(run: Run, now: number): void {
    if (run.process === null) {
      // What never began has left no trace.
      this.delete(run.runId);
      return;
    }
    this.#statement(`
      INSERT INTO workflow_processes (run_id, pid, boot_id, start_time, status, workflow_name, session_id, started_at,
                                      last_heartbeat, process_info, created_at, updated_at)
      VALUES (@run_id, @pid, @boot_id, @start_time, @status, @workflow_name, @session_id, @started_at,
              @last_heartbeat, @process_info, @now, @now)
      ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, last_heartbeat = excluded.last_heartbeat,
        process_info = excluded.process_info, updated_at = excluded.updated_at`).run(
      processParameters(run, run.process, now),
    );
  }

  delete(runId: RunId): void {
    this.#statement('DELETE FROM workflow_processes WHERE run_id = ?').run(runId);
  }

  /** Of those of the runs that are active. */
  activeOf(runIds: readonly RunId[]): readonly ActiveProcesses[] {
    const sql = `
SELECT r.run_id AS runId, r.stop ->> '$.force' AS isForced, p.boot_id AS bootId, p.pid, p.start_time AS startTime,
       p.process_info ->> '$.wrapper.bootId' AS wrapperBootId, p.process_info ->> '$.wrapper.pid' AS wrapperPid,
       p.process_info ->> '$.wrapper.startTime' AS wrapperStartTime,
       p.process_info ->> '$.containment.controlGroup' AS controlGroup
FROM workflow_runs r LEFT JOIN workflow_processes p ON p.run_id = r.run_id
WHERE r.run_id IN (SELECT value FROM json_each(?)) AND r.status IN (${activeStatusList})`;
    return (this.#statement(sql).all(JSON.stringify(runIds)) as ActiveProcessesRow[]).map(activeProcessesFrom);
  }

  seen(runId: RunId): ReadonlySet<string> {
    const sql = 'SELECT identity FROM seen_processes WHERE run_id = ?';
    return new Set(this.#statement(sql).pluck().all(runId) as string[]);
  }

  addSeen(runId: RunId, identity: string): void {
    this.#statement('INSERT OR IGNORE INTO seen_processes (run_id, identity) VALUES (?, ?)').run(runId, identity);
  }

  forgetSeen(runId: RunId, identity: string): void {
    this.#statement('DELETE FROM seen_processes WHERE run_id = ? AND identity = ?').run(runId, identity);
  }

  /** Where nobody of a run is left, nobody has to be recognised any more. */
  forgetAllSeen(runId: RunId): void {
    this.#statement('DELETE FROM seen_processes WHERE run_id = ?').run(runId);
  }

  /** What was observed of a run that is alive. @param at epoch milliseconds */
  writeLook(runId: RunId, at: number, observation: Observation): void {
    const isKnown = this.#marksWritten.get(runId) === observation.known;
    this.#statement(`
      INSERT INTO observations (run_id, at, observation, marks)
      SELECT run_id, @at, @observation, @marks FROM workflow_processes WHERE run_id = @runId AND status = 'alive'
      ON CONFLICT (run_id) DO UPDATE SET at = excluded.at, observation = excluded.observation${isKnown ? '' : ', marks = excluded.marks'}`).run(
      { runId, at, ...observationParameters(observation) },
    );
    this.#marksWritten.set(runId, observation.known);
  }

  /** What was seen of the processes of runs that ended long ago, some at a time. */
  forgetOld(now: number): void {
    if (now < this.#forgetAt) return;
    const old = (table: string): string => `
      SELECT run_id FROM ${table} JOIN workflow_runs USING (run_id) WHERE ended_at < @before LIMIT @most`;
    const parameters = { before: now - keptMilliseconds, most: forgottenAtOnce };
    const counts = ['observations', 'seen_processes'].map(
      (table) => this.#statement(`DELETE FROM ${table} WHERE run_id IN (${old(table)})`).run(parameters).changes,
    );
    if (counts.every((count) => count === 0)) this.#forgetAt = now + forgetMilliseconds;
  }
}
