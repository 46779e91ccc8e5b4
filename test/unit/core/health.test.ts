import { describe, expect, it } from 'vitest';
import { type HealthFacts, healthOf } from '../../../src/core/health.ts';
import type { ResourceLimits } from '../../../src/core/observation.ts';
import { aWorkflow } from './a-run.ts';
import { anObservation, minute, now } from './an-observation.ts';

const noExcess = { memory: null, cpu: null, processes: null };

const limits = (some: Partial<ResourceLimits>): ResourceLimits => ({
  memoryBytes: null,
  cpuPercent: null,
  processes: null,
  ...some,
});

function facts(some: Partial<HealthFacts> = {}): HealthFacts {
  return {
    now,
    startedMonotonic: 0,
    observation: anObservation(),
    workflow: {
      ...aWorkflow,
      onTimeout: 'kill',
      initializationTimeoutMinutes: 30,
      timeoutMinutes: 60,
      stuckAfterMinutes: 5,
    },
    extraMinutes: 0,
    survivors: 0,
    ...some,
  };
}

describe('the health of a run', () => {
  const longAgo = 10 * minute;
  const quietFor = (minutes: number) =>
    anObservation({
      progressMonotonic: now - minutes * minute,
      printedMonotonic: now - minutes * minute,
      cpuChangedMonotonic: now - minutes * minute,
    });
  const { workflow } = facts();

  it.each<[string, Partial<HealthFacts>, string]>([
    ['prints and computes', {}, 'healthy'],
    [
      'computes without a word, as a compiler does',
      { observation: anObservation({ progressMonotonic: longAgo, printedMonotonic: longAgo }) },
      'healthy',
    ],
    [
      'prints without computing, as a slow talker does',
      { observation: anObservation({ cpuChangedMonotonic: longAgo }) },
      'healthy',
    ],
    ['does neither, a moment before 4 of 5 minutes', { observation: quietFor(3.99) }, 'healthy'],
    ['does neither for 4 of 5 minutes', { observation: quietFor(4) }, 'warning quiet'],
    ['does neither for its 5 minutes', { observation: quietFor(5) }, 'critical quiet'],
    ['never printed anything', { observation: anObservation({ outputBytes: 0 }) }, 'healthy'],
    [
      'never printed anything, and most of the time for that is over',
      { observation: anObservation({ outputBytes: 0 }), workflow: { ...workflow, initializationTimeoutMinutes: 25 } },
      'warning no_sign_of_life',
    ],
    [
      'never printed anything in the time for that',
      { observation: anObservation({ outputBytes: 0 }), workflow: { ...workflow, initializationTimeoutMinutes: 20 } },
      'critical no_sign_of_life',
    ],
    [
      'never printed anything, but has changed a file since it started',
      {
        observation: anObservation({ outputBytes: 0, filesChangedMonotonic: 11 * minute, unseenMilliseconds: minute }),
        startedMonotonic: 9 * minute,
        workflow: { ...workflow, initializationTimeoutMinutes: 5 },
      },
      'healthy',
    ],
    [
      'never printed anything, nor changed a file of the worktree that was made for it',
      {
        observation: anObservation({ outputBytes: 0, filesChangedMonotonic: 10 * minute, unseenMilliseconds: minute }),
        startedMonotonic: 9 * minute,
        workflow: { ...workflow, initializationTimeoutMinutes: 5 },
      },
      'critical no_sign_of_life',
    ],
    [
      'never printed anything and is stuck',
      { observation: { ...quietFor(5), outputBytes: 0 }, workflow: { ...workflow, initializationTimeoutMinutes: 20 } },
      'critical quiet',
    ],
    ['has used most of its time', { workflow: { ...workflow, timeoutMinutes: 25 } }, 'warning over_time'],
    [
      'would be over its time, had it not been given more',
      { workflow: { ...workflow, timeoutMinutes: 15 }, extraMinutes: 15 },
      'healthy',
    ],
    [
      'has used most of what it was given too',
      { workflow: { ...workflow, timeoutMinutes: 15 }, extraMinutes: 10 },
      'warning over_time',
    ],
    [
      'has slept for hours with the machine, and nobody has looked since',
      { now: now + 8 * 60 * minute },
      'warning not_watched',
    ],
    ['is over its time', { workflow: { ...workflow, timeoutMinutes: 20 } }, 'critical over_time'],
    [
      'is over its time and stuck',
      { observation: quietFor(5), workflow: { ...workflow, timeoutMinutes: 20 } },
      'critical over_time quiet',
    ],
    ['was just started and not looked at yet', { startedMonotonic: now - 1, observation: null }, 'healthy'],
    [
      'was looked at a moment less than 5 minutes ago',
      { observation: anObservation({ observedMonotonic: now - 5 * minute + 1 }) },
      'healthy',
    ],
    [
      'was not looked at for 5 minutes',
      { observation: anObservation({ observedMonotonic: now - 5 * minute }) },
      'warning not_watched',
    ],
    [
      'was never looked at in 5 minutes',
      { startedMonotonic: now - 5 * minute, observation: null },
      'warning not_watched',
    ],
    ['survived a kill', { survivors: 2 }, 'critical survivors'],
    [
      'draws a spinner without getting on',
      { observation: { ...quietFor(6), printedMonotonic: now } },
      'critical repeats',
    ],
    [
      'uses processor time to draw it',
      { observation: { ...quietFor(6), printedMonotonic: now, cpuPercent: 20 } },
      'critical repeats',
    ],
    ['changes files without a word', { observation: { ...quietFor(6), filesChangedMonotonic: now } }, 'healthy'],
    [
      'says that it lives, and nothing else',
      { observation: { ...quietFor(6), heartbeat: { monotonic: now, at: 1, message: null } } },
      'healthy',
    ],
    [
      'used to say that it lives',
      {
        observation: anObservation({ heartbeat: { monotonic: now - 5 * minute, at: 1, message: null } }),
      },
      'warning heartbeat_stale',
    ],
    [
      'waits for a person, however long',
      { observation: { ...quietFor(19), waiting: { sinceMonotonic: minute, question: 'Proceed? [y/N]' } } },
      'warning waiting',
    ],
    [
      'slept with the machine for most of its time',
      {
        observation: anObservation({ unseenMilliseconds: 15 * minute }),
        workflow: { ...workflow, timeoutMinutes: 15 },
      },
      'healthy',
    ],
    [
      'uses most of the memory that it may',
      {
        observation: anObservation({ memoryBytes: 800, near: { memory: true, processes: false } }),
        workflow: { ...workflow, limits: limits({ memoryBytes: 1_000 }) },
      },
      'warning memory',
    ],
    [
      'uses more memory than it may',
      {
        observation: anObservation({ memoryBytes: 950, excess: { ...noExcess, memory: now } }),
        workflow: { ...workflow, limits: limits({ memoryBytes: 1_000 }) },
      },
      'critical memory',
    ],
    [
      'uses more of the processor than it may, for a moment',
      {
        observation: anObservation({ cpuPercent: 300, excess: { ...noExcess, cpu: now - minute + 1 } }),
        workflow: { ...workflow, limits: limits({ cpuPercent: 200 }) },
      },
      'warning cpu',
    ],
    [
      'uses more of the processor than it may, for a minute',
      {
        observation: anObservation({ cpuPercent: 300, excess: { ...noExcess, cpu: now - minute } }),
        workflow: { ...workflow, limits: limits({ cpuPercent: 200 }) },
      },
      'critical cpu',
    ],
    [
      'has more processes than it may',
      {
        observation: anObservation({ processes: 50, excess: { ...noExcess, processes: now } }),
        workflow: { ...workflow, limits: limits({ processes: 20 }) },
      },
      'critical processes',
    ],
  ])('that %s', (_, some, expected) => {
    const { level, reasons } = healthOf(facts(some));
    expect([level, ...reasons.map(({ code }) => code)].join(' ')).toBe(expected);
  });

  it('comes with the numbers behind it, fractions of a minute too', () => {
    const { reasons } = healthOf(
      facts({ observation: quietFor(0.5), workflow: { ...workflow, stuckAfterMinutes: 0.25 } }),
    );
    expect(reasons).toEqual([{ code: 'quiet', minutes: 0.5, limitMinutes: 0.25, level: 'critical' }]);
  });

  it('does not call a run stuck for the time in which nobody looked', () => {
    const lastLook = anObservation({
      observedMonotonic: longAgo,
      progressMonotonic: longAgo,
      printedMonotonic: longAgo,
      cpuChangedMonotonic: longAgo,
    });
    expect(healthOf(facts({ observation: lastLook })).reasons.map(({ code }) => code)).toEqual(['not_watched']);
  });
});

describe('what is done about it', () => {
  const stuck = anObservation({ progressMonotonic: 0, printedMonotonic: 0, cpuChangedMonotonic: 0 });
  const { workflow } = facts();

  it.each<[string, Partial<HealthFacts>, string]>([
    ['nothing while it is well', {}, 'none'],
    [
      'nothing while it is only suspicious',
      { workflow: { ...workflow, timeoutMinutes: 24, onTimeout: 'kill' } },
      'none',
    ],
    [
      'what its workflow wants when it is stuck',
      { observation: stuck, workflow: { ...workflow, onStuck: 'restart' } },
      'restart',
    ],
    ['what its workflow wants when it is over its time', { workflow: { ...workflow, timeoutMinutes: 20 } }, 'kill'],
    [
      'the end, when one limit wants that and another a new start',
      { observation: stuck, workflow: { ...workflow, timeoutMinutes: 20, onTimeout: 'kill', onStuck: 'restart' } },
      'kill',
    ],
    ['that a person is told of survivors', { survivors: 1 }, 'notify'],
  ])('is %s', (_, some, action) => {
    expect(healthOf(facts(some)).action).toBe(action);
  });
});
