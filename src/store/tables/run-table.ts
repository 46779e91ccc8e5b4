import { WardenError } from '../../core/errors.ts';
import type { Replacing, RunFilter, RunPage } from '../../core/ports/store.ts';
import type { PortRange } from '../../core/port-range.ts';
import type { Run } from '../../core/run.ts';
import type { RunId } from '../../core/run-id.ts';
import { cursorFrom, cursorOf, defaultPageSize } from '../../core/run-page.ts';
import { activeStatusList, type RunRow, runFrom, runParameters } from './run-row.ts';
import type { Statements } from './statements.ts';

const columns =
  'r.*, p.pid AS process_pid, p.boot_id AS process_boot_id, p.start_time AS process_start_time, p.process_info';

const select = `
SELECT ${columns}, COALESCE(o.at, p.last_heartbeat) AS process_last_heartbeat, o.observation,
       o.marks AS observation_marks
FROM workflow_runs r LEFT JOIN workflow_processes p USING (run_id) LEFT JOIN observations o USING (run_id)`;

const selectUnobserved = `
SELECT ${columns}, p.last_heartbeat AS process_last_heartbeat, NULL AS observation, NULL AS observation_marks
FROM workflow_runs r LEFT JOIN workflow_processes p USING (run_id)`;

/** The table of runs, read with what is known of their processes. What writes is called within a transaction. */
export class RunTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  one(runId: RunId): Run | null {
    return this.#first(`${select} WHERE r.run_id = ?`, runId);
  }

  /** Its row alone, without what was observed of it. */
  unobservedRow(runId: RunId): RunRow | undefined {
    return this.#statement(`${selectUnobserved} WHERE r.run_id = ?`).get(runId) as RunRow | undefined;
  }

  /** See `Store.runs`: newest first. */
  page(filter: RunFilter): RunPage {
    const { sql, parameters, limit } = pageQuery(filter);
    const rows = this.#statement(sql).all(parameters) as RunRow[];
    const runs = rows.slice(0, limit).map(runFrom);
    const last = runs.at(-1);
    return { runs, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
  }

  active(): readonly Run[] {
    return this.#all(`${select} WHERE r.status IN (${activeStatusList}) ORDER BY r.rowid`);
  }

  activeIn(repository: string): readonly Run[] {
    const sql = `${select} WHERE r.repository = ? AND r.status IN (${activeStatusList}) ORDER BY r.rowid`;
    return this.#all(sql, repository);
  }

  activeIds(): readonly RunId[] {
    const sql = `SELECT run_id FROM workflow_runs WHERE status IN (${activeStatusList}) ORDER BY rowid`;
    return this.#statement(sql).pluck().all() as RunId[];
  }

  hasActive(): boolean {
    const sql = `SELECT 1 FROM workflow_runs WHERE status IN (${activeStatusList}) LIMIT 1`;
    return this.#statement(sql).get() !== undefined;
  }

  hasQueued(): boolean {
    const sql = "SELECT 1 FROM workflow_runs WHERE status = 'pending' AND queue ->> '$.waits' LIMIT 1";
    return this.#statement(sql).get() !== undefined;
  }

  /** Those of the newest runs. */
  knownIds(): readonly RunId[] {
    const sql = 'SELECT run_id FROM workflow_runs ORDER BY created_at DESC LIMIT 10000';
    return this.#statement(sql).pluck().all() as RunId[];
  }

  replacementOf(runId: RunId): Run | null {
    return this.#first(`${select} WHERE r.restarted_from = ? ORDER BY r.rowid DESC LIMIT 1`, runId);
  }

  replacementsOf(runIds: readonly RunId[]): ReadonlyMap<RunId, RunId> {
    const sql = `
SELECT restarted_from, run_id FROM workflow_runs
WHERE restarted_from IN (SELECT value FROM json_each(?)) ORDER BY rowid`;
    return new Map(this.#statement(sql).raw().all(JSON.stringify(runIds)) as [RunId, RunId][]);
  }

  /** @throws WardenError already_replaced, retry_cancelled */
  requireReplaceable(runId: RunId, replacing: Replacing): void {
    const which = replacing === 'once' ? '' : ` AND status IN (${activeStatusList})`;
    const sql = `SELECT run_id FROM workflow_runs WHERE restarted_from = ?${which}`;
    const by = this.#statement(sql).pluck().get(runId);
    if (typeof by === 'string') throw new WardenError('already_replaced', { runId, by });
    // Since it was seen to be due somebody may have killed it for good.
    if (replacing === 'once' && this.one(runId)?.isRetryCancelled === true)
      throw new WardenError('retry_cancelled', { runId });
  }

  /** See `Store.unansweredRuns`. */
  unanswered(endedSince: number): readonly Run[] {
    const sql = `${select}
WHERE (r.status = 'failed' OR r.follow_up IS NOT NULL) AND r.ended_at >= ?
  AND (r.follow_up IS NOT NULL OR r.workflow ->> '$.retry' IS NOT NULL) AND NOT r.retry_cancelled
  AND NOT EXISTS (SELECT 1 FROM workflow_runs next WHERE next.restarted_from = r.run_id)
ORDER BY r.ended_at`;
    return this.#all(sql, endedSince);
  }

  descendantsOf(runId: RunId): readonly Run[] {
    const sql = `
WITH RECURSIVE family (run_id) AS (
  VALUES (@runId) UNION SELECT child.run_id FROM workflow_runs child JOIN family ON child.parent_run_id = family.run_id
)
${select} WHERE r.run_id IN (SELECT run_id FROM family) AND r.run_id <> @runId ORDER BY r.rowid`;
    return this.#all(sql, { runId });
  }

  /** Ranges that active runs hold. */
  portsTaken(except: RunId): readonly PortRange[] {
    const sql = `SELECT ports FROM workflow_runs WHERE status IN (${activeStatusList}) AND ports IS NOT NULL AND run_id <> ?`;
    return (this.#statement(sql).pluck().all(except) as string[]).map((text) => JSON.parse(text) as PortRange);
  }

  /** The row of `workflow_runs` alone. */
  write(run: Run): void {
    const parameters = runParameters(run);
    const names = Object.keys(parameters);
    this.#statement(`
      INSERT INTO workflow_runs (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})
      ON CONFLICT (run_id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`).run(
      parameters,
    );
  }

  /** See `Store.uncleanedRuns`. */
  uncleaned(): readonly Run[] {
    const sql = `${select}
WHERE r.worktree_path IS NOT NULL AND r.persistent = 0 AND r.workflow ->> '$.cleanup' IN ('whenClean', 'always')
  AND r.ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM kept_worktrees kept WHERE kept.run_id = r.run_id)
ORDER BY r.ended_at`;
    return this.#all(sql);
  }

  /** It has been decided what becomes of the run's worktree. @returns false where that was known */
  settleWorktree(runId: RunId, at: number): boolean {
    const sql =
      'INSERT OR IGNORE INTO kept_worktrees (run_id, at) SELECT run_id, ? FROM workflow_runs WHERE run_id = ?';
    return this.#statement(sql).run(at, runId).changes > 0;
  }

  repositoriesOfEnded(before: number): readonly string[] {
    // From one repository to the next by the index: there may be a million runs of a few.
    const next = 'SELECT min(repository) FROM workflow_runs WHERE repository >';
    const sql = `
WITH RECURSIVE known (repository) AS (
  ${next} '' UNION ALL SELECT (${next} known.repository) FROM known WHERE known.repository IS NOT NULL
)
SELECT repository FROM known
WHERE EXISTS (SELECT 1 FROM workflow_runs ended WHERE ended.repository = known.repository AND ended.ended_at < ?)`;
    return this.#statement(sql).pluck().all(before) as string[];
  }

  /** See `Store.runsToForget`. */
  toForget(repository: string, endedBefore: number): readonly RunId[] {
    const sql = `
SELECT run_id FROM workflow_runs
WHERE repository = ? AND ended_at < ? AND worktree_path IS NULL AND follow_up IS NULL
ORDER BY created_at DESC, run_id DESC`;
    return this.#statement(sql).pluck().all(repository, endedBefore) as RunId[];
  }

  /** @returns false where something needs it still, see `Store.forgetRun` */
  forget(runId: RunId, endedBefore: number): boolean {
    const sql = `
DELETE FROM workflow_runs
WHERE run_id = @runId AND ended_at < @endedBefore AND worktree_path IS NULL AND follow_up IS NULL
  AND NOT EXISTS (SELECT 1 FROM workflow_runs later WHERE later.restarted_from = @runId)
  AND NOT EXISTS (SELECT 1 FROM workflow_runs child WHERE child.parent_run_id = @runId)
  AND NOT EXISTS (
    SELECT 1 FROM workflow_runs queued, json_each(queued.queue, '$.after') awaited
    WHERE queued.status = 'pending' AND awaited.value = @runId)
  AND NOT EXISTS (SELECT 1 FROM checkpoints kept WHERE kept.run_id = @runId)
  AND NOT EXISTS (SELECT 1 FROM notices untold WHERE untold.run_id = @runId AND untold.due_at IS NOT NULL)`;
    return this.#statement(sql).run({ runId, endedBefore }).changes > 0;
  }

  delete(runId: RunId): void {
    this.#statement('DELETE FROM workflow_runs WHERE run_id = ?').run(runId);
  }

  #first(sql: string, parameters: unknown): Run | null {
    const row = this.#statement(sql).get(parameters) as RunRow | undefined;
    return row === undefined ? null : runFrom(row);
  }

  #all(sql: string, ...parameters: unknown[]): readonly Run[] {
    return (this.#statement(sql).all(...parameters) as RunRow[]).map(runFrom);
  }
}

/** A page by key, not by offset: over a million runs 0.06 ms instead of 2 ms. */
function pageQuery(filter: RunFilter): { sql: string; parameters: Record<string, string | number>; limit: number } {
  const conditions: string[] = [];
  const parameters: Record<string, string | number> = {};
  const limit = filter.limit ?? defaultPageSize;
  const add = (condition: string, values: Record<string, string | number>): void => {
    conditions.push(condition);
    Object.assign(parameters, values);
  };
  if (filter.statuses !== undefined) {
    add('r.status IN (SELECT value FROM json_each(@statuses))', { statuses: JSON.stringify(filter.statuses) });
  }
  if (filter.workflowName !== undefined) add('r.workflow_name = @workflowName', { workflowName: filter.workflowName });
  if (filter.repository !== undefined) add('r.repository = @repository', { repository: filter.repository });
  if (filter.createdSince !== undefined) add('r.created_at >= @since', { since: filter.createdSince });
  if (filter.createdUntil !== undefined) add('r.created_at < @until', { until: filter.createdUntil });
  if (filter.cursor !== undefined) {
    const { createdAt, runId } = cursorFrom(filter.cursor);
    add('(r.created_at, r.run_id) < (@cursorAt, @cursorRun)', { cursorAt: createdAt, cursorRun: runId });
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `${select} ${where} ORDER BY r.created_at DESC, r.run_id DESC LIMIT @limit`;
  return { sql, parameters: { ...parameters, limit: limit + 1 }, limit };
}
