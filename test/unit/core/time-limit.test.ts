import { describe, expect, it } from 'vitest';
import { extendedBy, minutesTaken, timeLimitOf } from '../../../src/core/time-limit.ts';
import { minute } from './an-observation.ts';

const limited = (timeoutMinutes: number, extraMinutes = 0) => ({ workflow: { timeoutMinutes }, extraMinutes });

describe('more time', () => {
  it.each([
    ['goes on top of the limit', limited(60), 50, 10, 70],
    ['goes on top of what was given before', limited(60, 10), 65, 10, 80],
    ['counts from now on where the limit has passed', limited(60), 90, 10, 100],
    ['may be a fraction', limited(0.5), 0, 0.25, 0.75],
  ])('%s', (_, run, taken, minutes, expected) => {
    expect(timeLimitOf({ ...run, extraMinutes: extendedBy(run, taken, minutes) })).toBe(expected);
  });
});

it('a run has not taken the time for which nobody looked, before the last look or since', () => {
  expect(minutesTaken(30 * minute, 10 * minute, null)).toBe(20);
  const observation = { observedMonotonic: 30 * minute, unseenMilliseconds: 15 * minute };
  expect(minutesTaken(30 * minute, 10 * minute, observation)).toBe(5);
  expect(minutesTaken(500 * minute, 10 * minute, observation)).toBe(5);
});
