import { timeLimitOf } from './time-limit.ts';
import type { Run } from './run.ts';

/** A limit is looked at several times before it is reached, however short it is. */
const looksPerLimit = 6;

/**
 * A look takes half a millisecond of processor time for each run (`npm run bench -- watch`): where there are many the
 * looks are rarer, so that they take under a hundredth of a core.
 */
const millisecondsPerRun = 80;

/** No limit is looked at less often, however many runs there are. */
const longestMilliseconds = 60_000;

/**
 * How long after a look at all runs that go on the next one is due, in milliseconds.
 * @param wantedMilliseconds by whoever watches; it is longer for many runs, and shorter where a limit is short
 */
export function lookInterval(
  running: readonly Pick<Run, 'workflow' | 'extraMinutes'>[],
  wantedMilliseconds: number,
): number {
  const forMany = Math.min(running.length * millisecondsPerRun, longestMilliseconds);
  const limits = running.map((run) => {
    const { stuckAfterMinutes, initializationTimeoutMinutes, checkpointMinutes } = run.workflow;
    const minutes = [stuckAfterMinutes, initializationTimeoutMinutes, timeLimitOf(run), checkpointMinutes ?? Infinity];
    return (Math.min(...minutes) * 60_000) / looksPerLimit;
  });
  return Math.min(Math.max(wantedMilliseconds, forMany), ...limits);
}
