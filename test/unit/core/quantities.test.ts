import { describe, expect, it } from 'vitest';
import { describeBytes, describeDuration } from '../../../src/core/quantities.ts';
import { plainEnglish } from '../../../src/core/translate.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [-5 * second, '0 s'],
    [41.73, '0.0417 s'],
    [1_250, '1.25 s'],
    [12_345, '12.3 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [90 * second, '1 min 30 s'],
    [5 * minute + 4, '5 min'],
    [6 * minute - 1, '6 min'],
    [12 * minute + 59 * second, '12 min'],
    [59 * minute + 59 * second, '59 min'],
    [hour, '1 h'],
    [2 * hour + 5 * minute, '2 h 5 min'],
    [24 * hour, '1 d'],
    [76 * hour + 59 * minute, '3 d 4 h'],
  ])('of %d ms is %s', (milliseconds, words) => {
    expect(describeDuration(milliseconds, plainEnglish)).toBe(words);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [1_500, '1.5 kB'],
    [999_600, '1 MB'],
    [23_412_000, '23.4 MB'],
    [4.2e9, '4.2 GB'],
    [1.5e15, '1500 TB'],
  ])('of %d bytes is %s', (bytes, words) => {
    expect(describeBytes(bytes, plainEnglish)).toBe(words);
  });
});
