import type { Run, RunReason } from './run.ts';

/** A retry that is later than this, since nobody watched, is not made: nobody expects it any more. */
const lateMilliseconds = 60 * 60_000;

/** What ended by itself is tried again; what a person ended, or what could not start, is not. */
const retriedReasons: ReadonlySet<RunReason['code']> = new Set(['exit_code', 'signal', 'lost']);

/**
 * Whether a run is to be started again right now. As its workflow's `retry` says: after the back-off, which doubles with
 * each retry, and as often as `attempts`; at once, where it was ended for that.
 * @param now epoch milliseconds
 * @param isReplaced some run has taken its place already
 */
export function isRetryDue(run: Run, now: number, isReplaced: boolean): boolean {
  const due = isReplaced ? null : retryTime(run);
  return due !== null && now >= due && now < due + lateMilliseconds;
}

/** Whether somebody should stay to start the run again, now or after its back-off. The parameters are isRetryDue's. */
export function isRetryAwaited(run: Run, now: number, isReplaced: boolean): boolean {
  const due = isReplaced ? null : retryTime(run);
  return due !== null && now < due + lateMilliseconds;
}

function retryTime({ workflow: { retry }, status, reason, endedAt, retryNumber, followUp }: Run): number | null {
  if (followUp === 'restart') return endedAt;
  if (retry === null || status !== 'failed' || endedAt === null || reason === null) return null;
  if (!retriedReasons.has(reason.code) || retryNumber >= retry.attempts) return null;
  return endedAt + retry.backoffSeconds * 1000 * 2 ** retryNumber;
}
