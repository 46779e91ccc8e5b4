import { describe, expect, it } from 'vitest';
import { firstObservation, type Look, observe, type ResourceLimits } from '../../../src/core/observation.ts';
import { progressIn } from '../../../src/core/progress.ts';
import { aLook, anObservation, minute, now } from './an-observation.ts';

const unlimited: ResourceLimits = { memoryBytes: null, cpuPercent: null, processes: null };
const interval = 10_000;
const later = now + 10_000;

describe('the first look', () => {
  it('starts every clock', () => {
    expect(firstObservation(now, aLook(), unlimited, interval)).toMatchObject({
      observedMonotonic: later,
      printedMonotonic: later,
      progressMonotonic: later,
      cpuChangedMonotonic: later,
      unseenMilliseconds: 0,
    });
  });

  it('that comes hours after the start, since nobody watched or the machine slept, counts none of them', () => {
    const start = later - 8 * 60 * minute;
    expect(firstObservation(start, aLook(), unlimited, interval).unseenMilliseconds).toBe(8 * 60 * minute);
  });
});

describe('one more look', () => {
  const clocks = ['printedMonotonic', 'progressMonotonic', 'cpuChangedMonotonic'] as const;

  it.each<[string, Partial<Look>, (typeof clocks)[number][]]>([
    ['that sees nothing new moves no clock', {}, []],
    ['that sees a new line', { outputBytes: 101, printed: 'new' }, ['printedMonotonic', 'progressMonotonic']],
    ['that sees only a spinner turn', { outputBytes: 104, printed: '\r| ' }, ['printedMonotonic']],
    [
      'that sees only a spinner turn, which uses a fifth of a core',
      { outputBytes: 104, printed: '\r| ', cpuMilliseconds: 1_000 + 2_000 },
      ['printedMonotonic'],
    ],
    [
      'that sees a spinner turn beside work',
      { outputBytes: 104, printed: '\r| ', cpuMilliseconds: 1_000 + 2_500 },
      ['printedMonotonic', 'cpuChangedMonotonic'],
    ],
    ['that sees the output cut off and begun anew', { outputBytes: 1 }, ['printedMonotonic']],
    ['that sees work', { cpuMilliseconds: 1_500 }, ['cpuChangedMonotonic']],
    ['that sees the ticking of an idle program', { cpuMilliseconds: 1_499 }, []],
    ['that sees less processor time, since a member ended', { cpuMilliseconds: 10 }, []],
  ])('%s', (_, some, moved) => {
    const seen = observe(anObservation(), aLook(some), unlimited, interval);
    for (const clock of clocks) expect([clock, seen[clock]]).toEqual([clock, moved.includes(clock) ? later : now]);
  });

  it('knows again what was printed lately', () => {
    const first = firstObservation(now, aLook({ printed: 'failed\nretrying\n', outputBytes: 16 }), unlimited, interval);
    const again = observe(
      first,
      aLook({ monotonic: later + 10_000, printed: 'failed\nretrying\n', outputBytes: 32 }),
      unlimited,
      interval,
    );
    expect(again.progressMonotonic).toBe(first.progressMonotonic);
    expect(again.printedMonotonic).toBe(later + 10_000);
  });

  it('keeps since when the same question waits, and begins anew with another', () => {
    const before = anObservation({ waiting: { sinceMonotonic: now - minute, question: 'Proceed? [y/N]' } });
    const ask = (question: string | null) => observe(before, aLook({ question }), unlimited, interval).waiting;
    expect(ask('Proceed? [y/N]')).toEqual(before.waiting);
    expect(ask('Password:')).toEqual({ sinceMonotonic: later, question: 'Password:' });
    expect(ask(null)).toBeNull();
  });

  it('sees nobody wait who works, whatever was asked before', () => {
    const question = 'Overwrite? [y/N]';
    const works = aLook({ question, cpuMilliseconds: 9_000 });
    const waits = { sinceMonotonic: now - minute, question };
    const idle = observe(anObservation(), aLook({ question }), unlimited, interval);
    expect(idle.waiting).toEqual({ sinceMonotonic: later, question });
    expect(observe(anObservation(), works, unlimited, interval).waiting).toBeNull();
    expect(observe(anObservation({ waiting: waits, cpuPercent: 80 }), works, unlimited, interval).waiting).toBeNull();
  });

  it('goes on waiting while the question is drawn again, and no longer than until something new is printed', () => {
    const waiting = { sinceMonotonic: now - minute, question: 'Waiting for your approval (3s)' };
    const before = { ...anObservation({ waiting }), known: progressIn([], 'Waiting for your approval (3s)').known };
    const again = {
      outputBytes: 130,
      printed: '\rWaiting for your approval (13s)',
      question: 'Waiting for your approval (13s)',
    };
    expect(observe(before, aLook(again), unlimited, interval).waiting).toEqual(waiting);
    const anew = { ...again, printed: `approved\n${again.printed}` };
    expect(observe(before, aLook(anew), unlimited, interval).waiting).toBeNull();
  });

  it('goes on waiting through a burst of work', () => {
    const waiting = { sinceMonotonic: now - minute, question: 'Overwrite? [y/N]' };
    const burst = aLook({ question: waiting.question, cpuMilliseconds: 9_000 });
    expect(observe(anObservation({ waiting }), burst, unlimited, interval).waiting).toEqual(waiting);
  });

  it('keeps the last heartbeat and the newest change of a file', () => {
    const heartbeat = { monotonic: now, at: 1, message: 'step 3' };
    const before = anObservation({ heartbeat, filesChangedMonotonic: now - 5 });
    expect(observe(before, aLook({ filesChangedMonotonic: now - 9 }), unlimited, interval)).toMatchObject({
      heartbeat,
      filesChangedMonotonic: now - 5,
    });
  });
});

describe('after hours in which nobody looked, since the machine slept', () => {
  const slept = 8 * 60 * minute;
  const before = anObservation({
    printedMonotonic: now - minute,
    progressMonotonic: now - 2 * minute,
    cpuChangedMonotonic: now - 3 * minute,
    heartbeat: { monotonic: now - minute, at: 1, message: null },
    waiting: { sinceMonotonic: now - minute, question: 'Proceed? [y/N]' },
  });

  it('the clocks go on where they stood', () => {
    const seen = observe(
      before,
      aLook({ monotonic: now + slept, question: 'Proceed? [y/N]' }),
      { ...unlimited },
      interval,
    );
    expect(seen).toMatchObject({
      progressMonotonic: now - 2 * minute + slept,
      cpuChangedMonotonic: now - 3 * minute + slept,
      heartbeat: { monotonic: now - minute + slept },
      waiting: { sinceMonotonic: now - minute + slept },
      unseenMilliseconds: slept,
    });
  });

  it.each([
    ['a look that is a little late is no sleep', 90_000, interval, 0],
    ['neither is one within three long intervals', 180_000, 60_000, 0],
    ['one that is later is', 180_001, 60_000, 180_001],
  ])('%s', (_, gap, intervalMilliseconds, unseen) => {
    const seen = observe(before, aLook({ monotonic: now + gap }), unlimited, intervalMilliseconds);
    expect(seen.unseenMilliseconds).toBe(unseen);
  });
});

describe('a limit on the use of the machine', () => {
  const limits: ResourceLimits = { memoryBytes: 1_000, cpuPercent: 150, processes: 10 };
  const excessAt = (some: Partial<Look>, before = anObservation()) =>
    observe(before, aLook(some), limits, interval).excess;

  it.each<[string, Partial<Look>, string]>([
    ['memory', { memoryBytes: 1_000 }, 'memory'],
    ['processor time', { cpuMilliseconds: 1_000 + 15_000 }, 'cpu'],
    ['processes', { processes: 11 }, 'processes'],
  ])('is exceeded by %s', (_, some, resource) => {
    expect(excessAt(some)).toEqual({ memory: null, cpu: null, processes: null, [resource]: later });
  });

  it('is kept by as many processes as it allows', () => {
    expect(excessAt({ processes: 10 }).processes).toBeNull();
  });

  it('does not flap: it counts as kept again only well below', () => {
    const exceeded = anObservation({ excess: { memory: now, cpu: null, processes: null } });
    expect(excessAt({ memoryBytes: 900 }, exceeded).memory).toBe(now);
    expect(excessAt({ memoryBytes: 899 }, exceeded).memory).toBeNull();
    expect(excessAt({ memoryBytes: 999 }).memory).toBeNull();
  });
});
