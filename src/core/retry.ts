import type { Run, RunReason } from './run.ts';
import { isTerminal, type RunStatus } from './run-status.ts';

/** A retry that is later than this, since nobody watched, is not made: nobody expects it any more. */
const lateMilliseconds = 60 * 60_000;

/** However often the wait doubles, it gets no longer than this, or than the first one. */
const longestBackoffMilliseconds = 60 * 60_000;

/** How often a run that was ended at a limit is started again where its workflow does not say. */
const retriesByDefault = 3;

/** A run that ends so soon after its start has not got to its work. */
const atOnceMilliseconds = 10_000;

/** So many in a row that failed at once: one more will too. */
const atOnceInARow = 3;

/** How far back whoever watches has to look for what may still be due: the longest wait that can be set, and lateness. */
export const retryHorizonMilliseconds = 24 * 60 * 60_000 + lateMilliseconds;

/** What ended by itself is tried again; what a person ended, or what could not start, is not. */
const retriedReasons: ReadonlySet<RunReason['code']> = new Set(['exit_code', 'signal', 'lost']);

/**
 * Why a run is not started again though its workflow wants it: somebody has killed it for good, it was as often as it may
 * be, in vain at once, or nobody was there.
 */
export type RetryStop = 'cancelled' | 'used_up' | 'fails_at_once' | 'too_late';

export interface RetryState {
  /** From 1. */
  readonly attempt: number;
  readonly of: number;
  /** Epoch milliseconds; null when none is awaited. */
  readonly nextAt: number | null;
  readonly stopped: RetryStop | null;
}

/**
 * How it stands with the retries of a run that failed, or was ended at a limit to be started again. They are made as its
 * workflow's `retry` says: after a back-off, which doubles with each, and as often as `attempts`; at once, where it was
 * ended for that and its workflow says nothing.
 * @param now epoch milliseconds
 * @param isReplaced some run has taken its place already
 * @returns null where its workflow wants none
 */
export function retryStateOf(run: Run, now: number, isReplaced: boolean): RetryState | null {
  const { retryNumber, followUp, endedAt, isRetryCancelled } = run;
  const { retry } = run.workflow;
  if (retry === null && followUp === null && retryNumber === 0 && !isRetryCancelled) return null;
  const retries = retry?.attempts ?? retriesByDefault;
  const state: RetryState = { attempt: retryNumber + 1, of: retries + 1, nextAt: null, stopped: null };
  if (endedAt === null || isReplaced) return state;
  if (isRetryCancelled) return { ...state, stopped: 'cancelled' };
  if (!isWanted(run)) return state;
  if (retryNumber >= retries) return { ...state, stopped: 'used_up' };
  if (failuresAtOnceAfter(run) >= atOnceInARow) return { ...state, stopped: 'fails_at_once' };
  const backoff = retry === null ? 0 : backoffOf(retry.backoffSeconds * 1000, retryNumber);
  const due = endedAt + backoff;
  // Where the clock was set back meanwhile, the whole back-off is waited for once more, and no longer.
  return now < due + lateMilliseconds
    ? { ...state, nextAt: Math.min(due, now + backoff) }
    : { ...state, stopped: 'too_late' };
}

/** How long to wait with the retry of a run; null when none is to be made. The parameters are retryStateOf's. */
export function retryDelay(run: Run, now: number, isReplaced: boolean): number | null {
  const nextAt = retryStateOf(run, now, isReplaced)?.nextAt ?? null;
  return nextAt === null ? null : Math.max(0, nextAt - now);
}

/** Whether somebody should stay to start the run again, now or after its back-off. The parameters are retryStateOf's. */
export function isRetryAwaited(run: Run, now: number, isReplaced: boolean): boolean {
  return retryDelay(run, now, isReplaced) !== null;
}

/** Something of the run goes on, or will: it is not over, or is to be started again. */
export function isToGoOn(status: RunStatus, retry: RetryState | null): boolean {
  return !isTerminal(status) || (retry !== null && retry.nextAt !== null);
}

/** How many runs of the chain, this one the last of them, ended in a row as soon as they had started. */
export function failuresAtOnceAfter({ failuresAtOnce, startedAt, endedAt }: Run): number {
  const isAtOnce = startedAt !== null && endedAt !== null && endedAt - startedAt < atOnceMilliseconds;
  return isAtOnce ? failuresAtOnce + 1 : 0;
}

function isWanted({ workflow: { retry }, status, reason, followUp }: Run): boolean {
  if (followUp === 'restart') return true;
  return retry !== null && status === 'failed' && reason !== null && retriedReasons.has(reason.code);
}

function backoffOf(first: number, retryNumber: number): number {
  return Math.min(first * 2 ** retryNumber, Math.max(first, longestBackoffMilliseconds));
}
