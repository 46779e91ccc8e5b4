import type { Aftermath } from './aftermath.ts';
import type { CriticalSection } from './critical-section.ts';
import type { Phase, Signal, Stage } from './escalation.ts';
import type { RunId } from './run-id.ts';

/** Somebody whom the kill did not end, and why. */
export interface Survivor {
  readonly pid: number;
  readonly name: string;
  /** `EPERM`: another user's; `uninterruptible`: state D, SIGKILL is pending; `alive`: neither was seen. */
  readonly reason: 'EPERM' | 'uninterruptible' | 'alive';
}

export interface SignalCount {
  readonly phase: Phase;
  readonly signal: Signal;
  readonly processes: number;
}

/** What was observed of a kill. Times in epoch milliseconds, durations in milliseconds. */
export interface KillReport {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly success: boolean;
  /** When the end was verified, or when the attempt was given up. */
  readonly killedAt: number;
  /** The furthest phase that was needed. */
  readonly method: Phase;
  readonly durationMilliseconds: number;
  /** Which processes ever belonged, by count. */
  readonly processes: number;
  readonly signals: readonly SignalCount[];
  readonly survivors: readonly Survivor[];
  /** The stages that it went through, in their order, and how long each took. */
  readonly stages: readonly { readonly stage: Stage; readonly milliseconds: number }[];
  /** What was waited for before the first signal, whether or not it came to its end. */
  readonly waitedFor: readonly CriticalSection[];
  /** What was seen to be under way when a stage of signals began: it may have been cut in two. */
  readonly interrupted: readonly CriticalSection[];
  /** Null when it was not looked at: somebody survived, or nothing had started. */
  readonly aftermath: Aftermath | null;
  readonly sessionUpdated: boolean;
  readonly auditLogged: boolean;
  /** What was ended of a run that had no command any more, or not yet: that it was to be started, again or at all. */
  readonly cancelled?: 'launch' | 'retry';
}

/**
 * The report of a kill for which nothing had to be done.
 * @param killedAt epoch milliseconds
 * @param isWritten what was decided and that it was asked for are in the database, not only in the run's folder
 */
export function reportOfNothing(
  { runId, workflowName }: Pick<KillReport, 'runId' | 'workflowName'>,
  killedAt: number,
  isWritten: boolean,
): KillReport {
  return {
    runId,
    workflowName,
    success: true,
    killedAt,
    method: 'graceful',
    durationMilliseconds: 0,
    processes: 0,
    signals: [],
    survivors: [],
    stages: [],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: isWritten,
    auditLogged: isWritten,
  };
}
