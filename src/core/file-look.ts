import { lastSignOfLife } from './health.ts';
import type { Observation } from './observation.ts';

/** A limit is divided into so many parts, in each of which files are looked at once. */
const parts = 10;

/** The first of them in which they are. */
const firstPart = 5;

/**
 * Whether the files of a run are to be looked at: in a large worktree that costs more than all the rest of a look. So it
 * is done only while nothing else has told of life for half of its limit, and then once in each tenth: also right when
 * the run would count as suspicious or as stuck.
 * @param before the look before this one
 * @param monotonic of this look
 */
export function isFileLookDue(before: Observation, monotonic: number, stuckAfterMinutes: number): boolean {
  const sign = lastSignOfLife(before);
  const partAt = (time: number): number => Math.floor(((time - sign) / (stuckAfterMinutes * 60_000)) * parts);
  const part = partAt(monotonic);
  return part >= firstPart && part > partAt(before.observedMonotonic);
}
