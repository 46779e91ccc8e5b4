import { type KeepReason, mayPass, type WorktreeFacts } from './removal.ts';
import type { Run } from './run.ts';

/** What is to be removed without being asked for is looked at again for so long after the end of its run. */
const patienceMilliseconds = 24 * 60 * 60_000;

/** The daily pass is made once in so long. */
export const dailyMilliseconds = 24 * 60 * 60_000;

/** Whether the workflow wants the run's own worktree removed whatever is in it; what was brought back is wanted. */
export function goesWithWork(run: Run | null, { restored }: Pick<WorktreeFacts, 'restored'>): boolean {
  return restored === null && run?.workflow.cleanup === 'always';
}

/**
 * What follows from the reasons that keep the worktree of a run that has ended: it is looked at again, or it stays until
 * somebody asks for its removal, or it is old.
 */
export function afterKept(
  reasons: readonly KeepReason[],
  { endedAt }: Pick<Run, 'endedAt'>,
  now: number,
): 'again' | 'stays' {
  const isRecent = endedAt !== null && now - endedAt < patienceMilliseconds;
  return isRecent && mayPass(reasons) ? 'again' : 'stays';
}

/** How long after that many tries in vain it is looked at again, in milliseconds. */
export function againAfter(tries: number): number {
  return Math.min(1_000 * 2 ** tries, 15 * 60_000);
}
