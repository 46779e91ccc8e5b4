import type { CheckpointOfBranch } from './checkpoint.ts';

const day = 24 * 3_600_000;

/** How long a checkpoint is kept that is not the last of its run. */
const keptMilliseconds = 30 * day;

/** Of those that nobody asked for and that came before nothing final, so many are kept. */
const mostOnTheWay = 10;

/**
 * Which checkpoints of a run may go, by age and by count; never the last of a branch, which may be all that is left of the
 * work of its worktree: what a checkpoint was restored into is on a branch of its own.
 * @param checkpoints all that there are, the oldest first
 * @param now epoch milliseconds
 */
export function checkpointsToPrune(
  checkpoints: readonly CheckpointOfBranch[],
  now: number,
): readonly CheckpointOfBranch[] {
  const last = new Set(new Map(checkpoints.map((checkpoint) => [worktreeOf(checkpoint), checkpoint])).values());
  const earlier = checkpoints.filter((checkpoint) => !last.has(checkpoint));
  const onTheWay = earlier.filter(({ why }) => why === 'interval' || why === 'restart');
  const tooMany = new Set(onTheWay.slice(0, Math.max(0, onTheWay.length - mostOnTheWay)));
  return earlier.filter((checkpoint) => tooMany.has(checkpoint) || now - checkpoint.at > keptMilliseconds);
}

/** What tells worktrees apart. On no branch only that it went tells that what comes later is of another one. */
const worktreeOf = ({ branch, why, ref }: CheckpointOfBranch): string | null =>
  branch ?? (why === 'removal' ? ref : null);

/**
 * Whether it is time for the next checkpoint of a run that goes on.
 * @param since epoch milliseconds of its start, or of the last time that one was taken or not needed
 */
export function isCheckpointDue(everyMinutes: number | null, since: number, now: number): boolean {
  if (everyMinutes === null) return false;
  // A clock that was set back must not put it off.
  return now < since || now - since >= everyMinutes * 60_000;
}
