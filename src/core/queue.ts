import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';

/**
 * How many runs are before this one in its repository's queue. Runs start in the order in which they were accepted, and
 * those ahead only ever become fewer, so each can decide alone whether it is its turn.
 * @param active runs that are not over, in the order in which they were accepted
 * @returns 0 when it may start
 */
export function runsAheadInQueue(runId: RunId, active: readonly Run[], limit: number | null): number {
  if (limit === null) return 0;
  const run = active.find((candidate) => candidate.runId === runId);
  if (run === undefined) return 0;
  const rank = active.filter(({ repository }) => repository === run.repository).indexOf(run);
  return Math.max(0, rank - limit + 1);
}
