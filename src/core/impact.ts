import type { CriticalSection } from './critical-section.ts';
import { isRetryAwaited } from './retry.ts';
import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';
import { isTerminal, type RunStatus } from './run-status.ts';

/** What was seen, or why it could not be looked at: never a guess. */
export type Observed<Value> =
  | { readonly state: 'observed'; readonly value: Value }
  | { readonly state: 'unknown'; readonly detail: string };

export function observed<Value>(value: Value): Observed<Value> {
  return { state: 'observed', value };
}

export function unknown(detail: string): Observed<never> {
  return { state: 'unknown', detail };
}

/** Files that differ from the last commit of a worktree; what git ignores is not counted. */
export interface UncommittedFiles {
  /** Of files that git knows: changed, staged, deleted, unmerged. */
  readonly tracked: number;
  readonly untracked: number;
}

/** What of a run's work is nowhere else. */
export interface OwnWork {
  readonly files: Observed<UncommittedFiles>;
  /** Commits that no other branch, no tag and no remote holds, as far as this repository knows. */
  readonly commits: Observed<number>;
}

/** What a kill of a run would cut off or leave alone, as it was when somebody looked. */
export interface Impact extends OwnWork {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly status: RunStatus;
  /** What should not be cut in two; a kill waits for it, one by force does not. */
  readonly underWay: Observed<readonly CriticalSection[]>;
  readonly processes: Observed<number>;
  /** It is over, and to be started again: that is what a kill ends. */
  readonly isRetryAwaited: boolean;
  /** Runs that it started, or that those started, and that are not over, or to be started again: they go on without it. */
  readonly children: readonly RunId[];
  /** How long it has been running, or ran, in milliseconds; null when it has not started. */
  readonly runningMilliseconds: number | null;
}

/** Before a run has started there is no work of its own. */
export const noWork: OwnWork = { files: observed({ tracked: 0, untracked: 0 }), commits: observed(0) };

/** Whether there is something that a person may want to think about before the kill. What is not known is nothing to go by. */
export function isWorthAsking({ files, underWay, children }: Impact): boolean {
  return (
    (files.state === 'observed' && files.value.tracked + files.value.untracked > 0) ||
    (underWay.state === 'observed' && underWay.value.length > 0) ||
    children.length > 0
  );
}

/**
 * Runs that a run started, and those that they started, as far as they are not over or are to be started again; nearest
 * first.
 * @param runs all of them, over or not
 * @param now epoch milliseconds
 */
export function descendantsOf(runId: RunId, runs: readonly Run[], now: number): readonly RunId[] {
  const found = new Set<RunId>([runId]);
  for (const parent of found) {
    for (const run of runs) if (run.parentRunId === parent) found.add(run.runId);
  }
  found.delete(runId);
  const replaced = new Set(runs.map(({ restartedFrom }) => restartedFrom));
  const isOver = (run: Run): boolean => isTerminal(run.status) && !isRetryAwaited(run, now, replaced.has(run.runId));
  const over = new Set(runs.filter(isOver).map((run) => run.runId));
  return [...found].filter((descendant) => !over.has(descendant));
}
