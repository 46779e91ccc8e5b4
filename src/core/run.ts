import type { Actor } from './actor.ts';
import type { Port } from './aftermath.ts';
import type { CriticalSection } from './critical-section.ts';
import type { Containment } from './containment.ts';
import type { Observation } from './observation.ts';
import type { LaunchStep } from './errors.ts';
import type { Phase } from './escalation.ts';
import type { KillReport } from './kill-report.ts';
import type { PortRange } from './port-range.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { RunId } from './run-id.ts';
import type { RunStatus, TerminalStatus } from './run-status.ts';
import type { Workflow } from './workflow.ts';

export type { Actor } from './actor.ts';

/** Why a run is where it is, as a code; the words are made at the edge. */
export type RunReason =
  | {
      readonly code: 'killed';
      readonly by: string;
      readonly why: string | null;
      /** Nobody asked for it: its workflow wants it at a limit. */
      readonly atLimit?: boolean;
    }
  | { readonly code: 'cancelled'; readonly by: string; readonly why: string | null }
  /** A run that it waited for will not complete; null: nothing is known of it any more. */
  | { readonly code: 'dependency_ended'; readonly runId: RunId; readonly status: RunStatus | null }
  | { readonly code: 'exit_code'; readonly exitCode: number }
  | { readonly code: 'signal'; readonly signal: string }
  /** It vanished: no process is left and no exit was recorded. */
  | { readonly code: 'lost' }
  /** The machine has been started anew since. */
  | { readonly code: 'lost_in_reboot' }
  | { readonly code: 'completed_by_hand'; readonly by: string; readonly why: string | null }
  | { readonly code: 'launch_failed'; readonly step: LaunchStep; readonly detail: string }
  /** Whoever was launching it is gone. */
  | { readonly code: 'launch_interrupted' };

export type RunWarning =
  /** A pattern of files that were to be copied into its worktree matches none that git ignores. */
  | { readonly code: 'nothing_included'; readonly pattern: string }
  /** After its setup command a submodule has no files in its worktree, though it has in the main checkout. */
  | { readonly code: 'empty_submodule'; readonly path: string };

/**
 * A decided end, durable before the first signal. Whoever finds it with its carrier gone goes on at the phase that is
 * due. `kill` ends as terminated or killed; `complete` and `settle` end as `becomes` once nothing of the run is left.
 */
export interface StopIntent {
  readonly kind: 'kill' | 'complete' | 'settle';
  readonly becomes: 'completed' | 'failed' | null;
  readonly force: boolean;
  readonly why: string | null;
  /** Nobody asked for it: its workflow wants it at a limit. */
  readonly atLimit?: boolean;
  readonly actor: Actor;
  /** Epoch milliseconds, for people. */
  readonly decidedAt: number;
  /** Monotonic milliseconds within `bootId`, for the phases. */
  readonly decidedMonotonic: number;
  /** The same of the first signal, written down before it; null while critical sections are waited for. */
  readonly begunMonotonic: number | null;
  /** The furthest phase that a signal was sent in; null before the first. */
  readonly reached: Phase | null;
  readonly waitedFor: readonly CriticalSection[];
  /** Ports on which it listened before the first signal: to be free afterwards. */
  readonly ports: readonly Port[];
  readonly bootId: string;
  /** Monotonic milliseconds at which whoever carries it out wrote down last how far it is, or that he took it. */
  readonly progressMonotonic: number;
  /** The supervisor that carries it out; null after an attempt that left survivors, until the next. */
  readonly carrier: ProcessIdentity | null;
}

export interface RunProcess {
  readonly command: ProcessIdentity;
  readonly wrapper: ProcessIdentity;
  readonly containment: Containment;
  readonly startedMonotonic: number;
  /** Epoch milliseconds of the last look that found it alive. */
  readonly lastHeartbeat: number;
  readonly observation: Observation | null;
}

export interface RunWorktree {
  readonly path: string;
  readonly branch: string;
}

/** What a run that had to wait for its turn needs, so that whoever sees that it is due can start it. */
export interface QueueEntry {
  /** Nothing was begun for it yet. */
  readonly waits: boolean;
  /** How many times its launch was begun. */
  readonly turns: number;
  /** Runs that must complete before it starts. */
  readonly after: readonly RunId[];
  /** More patterns of ignored files that it needs, besides its workflow's. */
  readonly include: readonly string[];
}

/** What a run that takes another's place goes on with, instead of beginning anew from its base. */
export type Resume =
  /** That run's own worktree, which becomes this one's. */
  | { readonly kind: 'worktree' }
  /** What the checkpoint of that run with this number keeps, in a worktree of its own. */
  | { readonly kind: 'checkpoint'; readonly number: number };

export interface Run {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly workflow: Workflow;
  readonly status: RunStatus;
  readonly reason: RunReason | null;
  readonly message: string;
  readonly sessionId: string | null;
  /** Epoch milliseconds, as every `…At`. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** As the wrapper recorded it; null is unknown, never 0. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Top folder of the repository's main checkout. */
  readonly repository: string;
  readonly worktree: RunWorktree | null;
  /** What the caller named, e.g. `HEAD` or a branch. */
  readonly base: string;
  readonly baseCommit: string;
  readonly persistent: boolean;
  /** The operating system's user name. */
  readonly owner: string;
  readonly parentRunId: RunId | null;
  readonly restartedFrom: RunId | null;
  /** Null for one that began from its base. */
  readonly resume: Resume | null;
  /** How many automatic retries led to this run. */
  readonly retryNumber: number;
  /** How many of those right before it, in a row, ended as soon as they had started. */
  readonly failuresAtOnce: number;
  /** Minutes that it was given on top of its workflow's time limit. */
  readonly extraMinutes: number;
  /** Its own until it is over; null where its workflow asks for none, and before it has them. */
  readonly ports: PortRange | null;
  /** What was odd at its launch, and kept it from nothing. */
  readonly warnings: readonly RunWarning[];
  /** Null for a run that never had to wait. */
  readonly queue: QueueEntry | null;
  /** The supervisor that is launching it; null once it runs, and while it is queued and nobody waits with it. */
  readonly launcher: ProcessIdentity | null;
  readonly stop: StopIntent | null;
  /** What its workflow wants once it is over, decided with its end and done once, by whoever sees that. */
  readonly followUp: 'restart' | null;
  /** Somebody has killed it for good: it is not started again by itself. */
  readonly isRetryCancelled: boolean;
  readonly killMethod: Phase | null;
  readonly killReport: KillReport | null;
  readonly process: RunProcess | null;
  /** Monotonic time until which its owner does not want to hear of it. */
  readonly snoozedUntil: number | null;
}

/** What the exit record of the wrapper holds. */
export interface ExitRecord {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Epoch milliseconds at which it was written. */
  readonly endedAt: number;
  /** The command was never let go: whoever was starting it went away. */
  readonly neverBegan?: true;
}

/** How a run ends by itself: code 0 is completed, any other code or a signal failed, neither known is lost. */
export function outcomeOf(record: ExitRecord | null): { status: TerminalStatus; reason: RunReason | null } {
  if (record?.exitCode === 0) return { status: 'completed', reason: null };
  return { status: 'failed', reason: failureOf(record) };
}

function failureOf(record: ExitRecord | null): RunReason {
  if (record?.neverBegan === true) return { code: 'launch_interrupted' };
  if (record !== null && record.signal !== null) return { code: 'signal', signal: record.signal };
  if (record !== null && record.exitCode !== null) return { code: 'exit_code', exitCode: record.exitCode };
  return { code: 'lost' };
}

/** What a graceful or forced phase ended was terminated; what only the system phase ended was killed. */
export function statusAfterKill(method: Phase): 'terminated' | 'killed' {
  return method === 'system' ? 'killed' : 'terminated';
}
