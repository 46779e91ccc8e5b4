import type { Observation } from './observation.ts';
import type { Workflow } from './workflow.ts';

/** What decides how long a run may take. */
export interface TimeLimited {
  readonly workflow: Pick<Workflow, 'timeoutMinutes'>;
  readonly extraMinutes: number;
}

/** Nobody is given more at a time: 30 days, as much as a workflow may ask for. */
export const mostExtraMinutes = 60 * 24 * 30;

/** How long a run may take in all, with the time that it was given since it was launched. */
export function timeLimitOf({ workflow, extraMinutes }: TimeLimited): number {
  return workflow.timeoutMinutes + extraMinutes;
}

/**
 * How long a run had taken at the last look, in minutes, without the time for which nobody looked: what came after it the
 * machine may have slept through. Of one that nobody has looked at yet, what its clock says: nothing is done about that
 * before the first look, which tells what of it counts.
 * @param now monotonic milliseconds of this boot, like the other times; what counts before the first look
 */
export function minutesTaken(
  now: number,
  startedMonotonic: number,
  observation: Pick<Observation, 'observedMonotonic' | 'unseenMilliseconds'> | null,
): number {
  const { observedMonotonic, unseenMilliseconds } = observation ?? { observedMonotonic: now, unseenMilliseconds: 0 };
  return (observedMonotonic - startedMonotonic - unseenMilliseconds) / 60_000;
}

/**
 * The `extraMinutes` of a run that is given more: on top of its limit, or from now on where that has passed.
 * @param taken minutes; see `minutesTaken`
 */
export function extendedBy(run: TimeLimited, taken: number, minutes: number): number {
  return Math.max(timeLimitOf(run), taken) + minutes - run.workflow.timeoutMinutes;
}
