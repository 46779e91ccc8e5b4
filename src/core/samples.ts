import type { Observation } from './observation.ts';

/** What a run used at one time. */
export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Per cent of one core: 200 is two cores. Since the look before. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly processes: number;
  /** All that it has printed so far. */
  readonly outputBytes: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Samples of one run are taken no closer than this. */
export const sampleMilliseconds = 10 * second;

/** Of samples up to an age one is kept in each slot of so many milliseconds; older ones go. */
const grades = [
  { age: hour, slot: sampleMilliseconds },
  { age: 24 * hour, slot: minute },
  { age: 7 * 24 * hour, slot: 15 * minute },
] as const;

/** @param at epoch milliseconds of the look */
export function sampleOf(observation: Observation, at: number): Sample {
  const { cpuPercent, memoryBytes, processes, outputBytes } = observation;
  return { at, cpuPercent, memoryBytes, processes, outputBytes };
}

/**
 * Which samples of a run are wanted no more: fine for an hour, one a minute for a day, one in 15 minutes for a week.
 * @param times of all its samples, in epoch milliseconds, oldest first
 * @param now epoch milliseconds
 */
export function samplesToDrop(times: readonly number[], now: number): readonly number[] {
  let filled = '';
  return times.filter((at) => {
    const grade = grades.find(({ age }) => now - at <= age);
    if (grade === undefined) return true;
    const slot = `${grade.slot} ${Math.floor(at / grade.slot)}`;
    const isFilled = slot === filled;
    filled = slot;
    return isFilled;
  });
}
