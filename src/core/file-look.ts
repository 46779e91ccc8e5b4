import { hasShownLife, lastSignOfLife } from './health.ts';
import type { Observation } from './observation.ts';
import { minutesTaken } from './time-limit.ts';
import type { Workflow } from './workflow.ts';

/** A limit is divided into so many parts, in each of which files are looked at once. */
const parts = 10;

/** The first of them in which they are. */
const firstPart = 5;

/** What is asked of a run whose files may be looked at. Times in milliseconds on the monotonic clock of this boot. */
export interface FileLookFacts {
  /** The look before this one. */
  readonly before: Observation;
  /** Of this look. */
  readonly monotonic: number;
  readonly startedMonotonic: number;
  readonly workflow: Pick<Workflow, 'stuckAfterMinutes' | 'initializationTimeoutMinutes'>;
}

/**
 * Whether the files of a run are to be looked at: in a large worktree that costs more than all the rest of a look. So it
 * is done only while nothing else has told of life, or of a first sign of it, for half of the limit on that, and then once
 * in each tenth: also right when the run would count as suspicious or as stuck.
 */
export function isFileLookDue({ before, monotonic, startedMonotonic, workflow }: FileLookFacts): boolean {
  const passed = (monotonic - before.observedMonotonic) / 60_000;
  const quiet = (before.observedMonotonic - lastSignOfLife(before)) / 60_000;
  if (isPartNew(quiet, passed, workflow.stuckAfterMinutes)) return true;
  if (hasShownLife(before, startedMonotonic)) return false;
  return isPartNew(minutesTaken(monotonic, startedMonotonic, before), passed, workflow.initializationTimeoutMinutes);
}

/** All in minutes. */
function isPartNew(before: number, passed: number, limit: number): boolean {
  const partAt = (minutes: number): number => Math.floor((minutes / limit) * parts);
  const part = partAt(before + passed);
  return part >= firstPart && part > partAt(before);
}
