import { describe, expect, it } from 'vitest';
import { type HealthFacts, healthOf, observe } from '../../../src/core/health.ts';
import type { Observation } from '../../../src/core/run.ts';

const minute = 60_000;

/** A run of 20 minutes that printed and computed a moment ago. */
const now = 20 * minute;

function observation(some: Partial<Observation> = {}): Observation {
  return {
    observedMonotonic: now,
    outputBytes: 100,
    outputChangedMonotonic: now,
    cpuMilliseconds: 1_000,
    cpuChangedMonotonic: now,
    memoryBytes: 1,
    processes: 1,
    ...some,
  };
}

function facts(some: Partial<HealthFacts> = {}): HealthFacts {
  return {
    now,
    startedMonotonic: 0,
    observation: observation(),
    limits: { initializationTimeoutMinutes: 30, timeoutMinutes: 60, stuckAfterMinutes: 5 },
    survivors: 0,
    ...some,
  };
}

describe('the health of a run', () => {
  const longAgo = 10 * minute;
  const quietFor = (minutes: number) =>
    observation({ outputChangedMonotonic: now - minutes * minute, cpuChangedMonotonic: now - minutes * minute });
  const limits = facts().limits;

  it.each<[string, Partial<HealthFacts>, string]>([
    ['prints and computes', {}, 'healthy'],
    [
      'computes without a word, as a compiler does',
      { observation: observation({ outputChangedMonotonic: longAgo }) },
      'healthy',
    ],
    [
      'prints without computing, as a slow talker does',
      { observation: observation({ cpuChangedMonotonic: longAgo }) },
      'healthy',
    ],
    ['does neither, a moment before 4 of 5 minutes', { observation: quietFor(3.99) }, 'healthy'],
    ['does neither for 4 of 5 minutes', { observation: quietFor(4) }, 'warning quiet'],
    ['does neither for its 5 minutes', { observation: quietFor(5) }, 'critical quiet'],
    ['never printed anything', { observation: observation({ outputBytes: 0 }) }, 'healthy'],
    [
      'never printed anything, and most of the time for that is over',
      { observation: observation({ outputBytes: 0 }), limits: { ...limits, initializationTimeoutMinutes: 25 } },
      'warning no_sign_of_life',
    ],
    [
      'never printed anything in the time for that',
      { observation: observation({ outputBytes: 0 }), limits: { ...limits, initializationTimeoutMinutes: 20 } },
      'critical no_sign_of_life',
    ],
    [
      'never printed anything and is stuck',
      { observation: { ...quietFor(5), outputBytes: 0 }, limits: { ...limits, initializationTimeoutMinutes: 20 } },
      'critical quiet',
    ],
    ['has used most of its time', { limits: { ...limits, timeoutMinutes: 25 } }, 'warning over_time'],
    ['is over its time', { limits: { ...limits, timeoutMinutes: 20 } }, 'critical over_time'],
    [
      'is over its time and stuck',
      { observation: quietFor(5), limits: { ...limits, timeoutMinutes: 20 } },
      'critical over_time quiet',
    ],
    ['was just started and not looked at yet', { startedMonotonic: now - 1, observation: null }, 'healthy'],
    [
      'was looked at a moment less than 5 minutes ago',
      { observation: observation({ observedMonotonic: now - 5 * minute + 1 }) },
      'healthy',
    ],
    [
      'was not looked at for 5 minutes',
      { observation: observation({ observedMonotonic: now - 5 * minute }) },
      'warning not_watched',
    ],
    [
      'was never looked at in 5 minutes',
      { startedMonotonic: now - 5 * minute, observation: null },
      'warning not_watched',
    ],
    ['survived a kill', { survivors: 2 }, 'critical survivors'],
  ])('that %s', (_, some, expected) => {
    const { level, reasons } = healthOf(facts(some));
    expect([level, ...reasons.map(({ code }) => code)].join(' ')).toBe(expected);
  });

  it('comes with the numbers behind it, fractions of a minute too', () => {
    const { reasons } = healthOf(facts({ observation: quietFor(0.5), limits: { ...limits, stuckAfterMinutes: 0.25 } }));
    expect(reasons).toEqual([{ code: 'quiet', minutes: 0.5, limitMinutes: 0.25 }]);
  });

  it('does not call a run stuck for the time in which nobody looked', () => {
    const lastLook = observation({
      observedMonotonic: longAgo,
      outputChangedMonotonic: longAgo,
      cpuChangedMonotonic: longAgo,
    });
    expect(healthOf(facts({ observation: lastLook })).reasons.map(({ code }) => code)).toEqual(['not_watched']);
  });
});

describe('one more look', () => {
  const look = (some: { outputBytes?: number; cpuMilliseconds?: number } = {}) => ({
    observedMonotonic: now + 10_000,
    outputBytes: 100,
    cpuMilliseconds: 1_000,
    memoryBytes: 2,
    processes: 3,
    ...some,
  });

  it('is the start of both clocks when it is the first', () => {
    expect(observe(null, look())).toEqual({
      ...look(),
      outputChangedMonotonic: now + 10_000,
      cpuChangedMonotonic: now + 10_000,
    });
  });

  it.each<[string, Parameters<typeof look>[0], ('output' | 'cpu')[]]>([
    ['that sees nothing new moves no clock', {}, []],
    ['that sees output moves the clock of the output', { outputBytes: 101 }, ['output']],
    ['that sees the output cut off and begun anew does so too', { outputBytes: 1 }, ['output']],
    ['that sees work moves the clock of the processor', { cpuMilliseconds: 1_101 }, ['cpu']],
    ['that sees the ticking of an idle program does not', { cpuMilliseconds: 1_100 }, []],
    ['that sees less processor time, since a member ended, does not', { cpuMilliseconds: 10 }, []],
    ['that sees both moves both', { outputBytes: 101, cpuMilliseconds: 9_000 }, ['output', 'cpu']],
  ])('%s', (_, some, moved) => {
    const { outputChangedMonotonic, cpuChangedMonotonic, ...seen } = observe(observation(), look(some));
    expect(seen).toEqual(look(some));
    expect(outputChangedMonotonic).toBe(moved.includes('output') ? now + 10_000 : now);
    expect(cpuChangedMonotonic).toBe(moved.includes('cpu') ? now + 10_000 : now);
  });
});
