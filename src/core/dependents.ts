import { isRetryAwaited } from './retry.ts';
import type { Run, RunReason } from './run.ts';
import type { RunId } from './run-id.ts';
import { isTerminal } from './run-status.ts';

/** What is to be expected of a run that another waits for. */
export type Outlook =
  | { readonly kind: 'awaited' }
  | { readonly kind: 'completed' }
  /** It will not complete any more. */
  | { readonly kind: 'ended'; readonly reason: DependencyEnded };

type DependencyEnded = Extract<RunReason, { readonly code: 'dependency_ended' }>;

/**
 * Whether a run that another waits for completed, or still may: what was started in its place counts for it.
 * @param runId as it was named
 * @param attempts that run and those that took its place, one after the other; none where it is not known any more
 * @param now epoch milliseconds
 */
export function outlookOf(runId: RunId, attempts: readonly Run[], now: number): Outlook {
  const last = attempts.at(-1);
  if (attempts.some(({ status }) => status === 'completed')) return { kind: 'completed' };
  if (last !== undefined && (!isTerminal(last.status) || isRetryAwaited(last, now, false))) return { kind: 'awaited' };
  const reason = { code: 'dependency_ended', runId: last?.runId ?? runId, status: last?.status ?? null } as const;
  return { kind: 'ended', reason };
}
