import { describe, expect, test } from 'vitest';
import { sampleOf, samplesToDrop } from '../../../src/core/samples.ts';
import { anObservation } from './an-observation.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A Monday, so that no slot begins at 0. */
const now = Date.UTC(2026, 5, 1, 12, 34, 56);

/** Times so far apart, up to now. */
const every = (step: number, from: number): number[] =>
  Array.from({ length: Math.floor(from / step) }, (_, index) => now - from + (index + 1) * step);

const keptOf = (times: readonly number[]): number[] => {
  const dropped = new Set(samplesToDrop(times, now));
  return times.filter((time) => !dropped.has(time));
};

const between = (times: readonly number[], young: number, old: number): number =>
  times.filter((at) => now - at > young && now - at <= old).length;

describe('samples of a run', () => {
  test('are thinned as they age: all for an hour, one a minute for a day, one in 15 minutes for a week', () => {
    const kept = keptOf(every(10 * second, 8 * day));
    expect(between(kept, -1, hour - 1)).toBe(360);
    expect(between(kept, hour, day)).toBeCloseTo(23 * 60, -1);
    expect(between(kept, day, 7 * day)).toBeCloseTo(6 * 24 * 4, -1);
    expect(between(kept, 7 * day, Infinity)).toBe(0);
  });

  test('that were thinned once lose nothing more right then', () => {
    const kept = keptOf(every(10 * second, 8 * day));
    expect(samplesToDrop(kept, now)).toEqual([]);
  });

  test('are the same however often they are thinned on the way', () => {
    const times = every(10 * second, 3 * day);
    let stepwise: number[] = [];
    for (const at of times) {
      stepwise.push(at);
      if (Math.round(at / second) % 5_000 !== 0) continue;
      const dropped = new Set(samplesToDrop(stepwise, at));
      stepwise = stepwise.filter((time) => !dropped.has(time));
    }
    expect(keptOf(stepwise)).toEqual(keptOf(times));
  });

  test('from before the clock was set back stay', () => {
    expect(samplesToDrop([now + hour, now + 2 * hour], now)).toEqual([]);
  });

  test('hold what was seen in a look', () => {
    const seen = anObservation({ cpuPercent: 12.5, memoryBytes: 7, processes: 3, outputBytes: 9 });
    expect(sampleOf(seen, 5)).toEqual({ at: 5, cpuPercent: 12.5, memoryBytes: 7, processes: 3, outputBytes: 9 });
  });
});
