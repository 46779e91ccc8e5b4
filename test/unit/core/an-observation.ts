import type { Look, Observation } from '../../../src/core/observation.ts';

export const minute = 60_000;

/** A look at a run that has been running for 20 minutes. */
export const now = 20 * minute;

/** A moment ago it printed, worked, and nothing is wrong. */
export function anObservation(some: Partial<Observation> = {}): Observation {
  return {
    observedMonotonic: now,
    outputBytes: 100,
    printedMonotonic: now,
    progressMonotonic: now,
    cpuMilliseconds: 1_000,
    cpuPercent: 0,
    cpuChangedMonotonic: now,
    memoryBytes: 1,
    processes: 1,
    filesChangedMonotonic: null,
    heartbeat: null,
    waiting: null,
    excess: { memory: null, cpu: null, processes: null },
    near: { memory: false, processes: false },
    unseenMilliseconds: 0,
    known: [],
    ...some,
  };
}

/** A look ten seconds later that sees nothing new. */
export function aLook(some: Partial<Look> = {}): Look {
  return {
    monotonic: now + 10_000,
    outputBytes: 100,
    printed: '',
    cpuMilliseconds: 1_000,
    memoryBytes: 2,
    processes: 3,
    filesChangedMonotonic: null,
    heartbeat: null,
    question: null,
    ...some,
  };
}
