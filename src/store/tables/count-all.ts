import { type Counts, type Histogram, secondsBounds } from '../../core/metrics.ts';
import type { Statements } from './statements.ts';

/** Counts what was written down. @param statement prepares, or gives what was prepared before */
export function countAll(statement: Statements): Counts {
  const runs = statement('SELECT status, count(*) FROM workflow_runs GROUP BY status').raw().all() as [
    string,
    number,
  ][];
  const kills = durationsOf(statement, 'kill', '$.kill_duration_ms');
  const cleanups = durationsOf(statement, 'cleanup', '$.duration_ms');
  return {
    runs: Object.fromEntries(runs),
    kills,
    failedKills: failuresOf(statement, 'kill'),
    cleanups,
    failedCleanups: failuresOf(statement, 'cleanup'),
  };
}

function failuresOf(statement: Statements, action: string): number {
  const sql = "SELECT count(*) AS failures FROM audit_log WHERE action = ? AND outcome = 'failed'";
  return (statement(sql).get(action) as { failures: number }).failures;
}

/** Of what was done; what an older version wrote down without a duration took none. */
function durationsOf(statement: Statements, action: string, path: string): Histogram {
  const buckets = secondsBounds.map((bound, index) => `sum(duration <= ${bound * 1_000}) AS b${index}`).join(', ');
  const row = statement(`
SELECT count(*) AS count, coalesce(sum(duration), 0) AS sum, ${buckets}
FROM (SELECT coalesce(facts ->> '${path}', 0) AS duration FROM audit_log WHERE action = ? AND outcome = 'done')`).get(
    action,
  ) as { count: number; sum: number } & Record<string, number | null>;
  return {
    atMost: secondsBounds.map((_, index) => row[`b${index}`] ?? 0),
    count: row.count,
    sumSeconds: row.sum / 1_000,
  };
}
