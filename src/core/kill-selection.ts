import { matchesGlob } from './glob.ts';
import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';

/** Which runs are meant by a kill that does not name them. All that is said must hold. */
export interface KillSelection {
  /** Of a run's id, its workflow's name or its message, see matchesGlob. */
  readonly pattern?: string;
  readonly workflowName?: string;
  /** Top folder of the main checkout. */
  readonly repository?: string;
  /** The run that this is said in: it and those that it was started from are not meant. */
  readonly within?: RunId;
}

/**
 * Those runs that are meant, in their order.
 * @param runs what a kill may be about: those that are not over, or are to be started again
 */
export function selectRuns(runs: readonly Run[], selection: KillSelection): readonly Run[] {
  const { pattern, workflowName, repository } = selection;
  const spared = selection.within === undefined ? new Set() : ancestryOf(selection.within, runs);
  return runs.filter(
    (run) =>
      !spared.has(run.runId) &&
      (repository === undefined || run.repository === repository) &&
      (workflowName === undefined || run.workflowName === workflowName) &&
      (pattern === undefined || [run.runId, run.workflowName, run.message].some((text) => matchesGlob(pattern, text))),
  );
}

/** A run and those that it was started from. */
function ancestryOf(runId: RunId, runs: readonly Run[]): ReadonlySet<RunId> {
  const parents = new Map(runs.map((run) => [run.runId, run.parentRunId]));
  const found = new Set<RunId>();
  for (let next: RunId | null = runId; next !== null && !found.has(next); next = parents.get(next) ?? null) {
    found.add(next);
  }
  return found;
}
