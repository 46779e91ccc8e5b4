import { describe, expect, it } from 'vitest';
import { healthOf } from '../../../src/core/health.ts';
import { firstObservation, type Look, type Observation, observe } from '../../../src/core/observation.ts';
import { aWorkflow } from './a-run.ts';
import { aLook } from './an-observation.ts';

/** The hundredth process is one too many. */
const limits = { memoryBytes: 1_000, cpuPercent: 200, processes: 99 };
const interval = 10_000;

/** What each of some looks, ten seconds apart, says of the limits. */
function levelsOf(looks: readonly Partial<Look>[]): string[] {
  let seen: Observation | null = null;
  return looks.map((some, index) => {
    const monotonic = (index + 1) * interval;
    const look = aLook({ memoryBytes: 1, processes: 1, ...some, monotonic });
    seen = seen === null ? firstObservation(0, look, limits, interval) : observe(seen, look, limits, interval);
    const { level } = healthOf({
      now: monotonic,
      startedMonotonic: 0,
      observation: seen,
      workflow: { ...aWorkflow, limits },
      extraMinutes: 0,
      survivors: 0,
    });
    return level;
  });
}

const short = { '-': 'healthy', w: 'warning', c: 'critical' } as const;
const levels = (text: string): string[] => Array.from(text, (letter) => short[letter as keyof typeof short]);

describe('what hovers around a limit does not flap', () => {
  it.each<[string, readonly number[], string]>([
    ['around 80 per cent', [79, 80, 79, 81, 75, 72], '-wwwww'],
    ['well below 80 per cent again', [80, 72, 71, 79, 80], 'ww--w'],
    ['around the limit', [99, 100, 99, 101, 95, 90], 'wccccc'],
    ['well below the limit again', [100, 90, 89, 99, 100], 'ccwwc'],
    ['far below at once', [100, 10, 79, 80], 'c--w'],
    ['above at once', [10, 150], '-c'],
  ])('%s', (_, perCents, expected) => {
    expect(levelsOf(perCents.map((percent) => ({ memoryBytes: percent * 10 })))).toEqual(levels(expected));
    expect(levelsOf(perCents.map((percent) => ({ processes: percent })))).toEqual(levels(expected));
  });

  /** Per cent of one core between a look and the one before. */
  const working = (perCents: readonly number[]): Partial<Look>[] => {
    let cpuMilliseconds = 0;
    return perCents.map((percent) => {
      cpuMilliseconds += (percent / 100) * interval;
      return { cpuMilliseconds };
    });
  };

  it.each<[string, readonly number[], string]>([
    ['processor time in bursts', [0, 300, 0, 300, 300, 0, 400, 0], '--------'],
    [
      'processor time for most of a minute, and for all of it',
      [0, ...Array.from({ length: 8 }, () => 200)],
      '------wcc',
    ],
    ['processor time that dips a little', [0, 200, 180, 200, 181, 199, 200, 180, 179], '------wc-'],
  ])('%s', (_, perCents, expected) => {
    expect(levelsOf(working(perCents))).toEqual(levels(expected));
  });
});
