import type { Run, RunReason } from './run.ts';

/** A retry that is later than this, since nobody watched, is not made: nobody expects it any more. */
const lateMilliseconds = 60 * 60_000;

/** What ended by itself is tried again; what a person ended, or what could not start, is not. */
const retriedReasons: ReadonlySet<RunReason['code']> = new Set(['exit_code', 'signal', 'lost']);

/**
 * Whether a run is to be started again right now, as its workflow's `retry` says: after the back-off, which doubles with
 * each retry, and as often as `attempts`.
 * @param now epoch milliseconds
 * @param isReplaced some run has taken its place already
 */
export function isRetryDue(run: Run, now: number, isReplaced: boolean): boolean {
  const { retry } = run.workflow;
  if (retry === null || isReplaced || run.status !== 'failed' || run.endedAt === null || run.reason === null)
    return false;
  if (!retriedReasons.has(run.reason.code) || run.retryNumber >= retry.attempts) return false;
  const due = run.endedAt + retry.backoffSeconds * 1000 * 2 ** run.retryNumber;
  return now >= due && now < due + lateMilliseconds;
}
