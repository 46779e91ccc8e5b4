import { describe, expect, test } from 'vitest';
import { isOverdue } from '../../../src/core/carrier.ts';
import type { StopIntent } from '../../../src/core/run.ts';
import { bootId } from './a-process.ts';
import { aRun, aStop } from './a-run.ts';

const overdueAfter = (some: Partial<StopIntent>, milliseconds: number): boolean => {
  const stop = aStop({ progressMonotonic: 100_000, begunMonotonic: 100_000, ...some });
  return isOverdue(aRun({ status: 'terminating', stop }), bootId, 100_000 + milliseconds);
};

describe('who carries out a stop is overdue', () => {
  test.each<[string, Partial<StopIntent>, number]>([
    ['waiting, after 30 s and 20', { begunMonotonic: null, reached: null }, 50_000],
    ['begun, after 5 s, as much again, and 20', { reached: null }, 30_000],
    ['graceful, after the same', { reached: 'graceful' }, 30_000],
    ['forced, after 5 s and 20', { reached: 'forced' }, 25_000],
    ['in the system phase, after the 30 s in which it gives up, and 20', { reached: 'system' }, 50_000],
    ['by force, after the same', { force: true, begunMonotonic: null, reached: null }, 50_000],
  ])('%s', (_, some, milliseconds) => {
    expect(overdueAfter(some, milliseconds)).toBe(false);
    expect(overdueAfter(some, milliseconds + 1)).toBe(true);
  });

  test('never by the clock of an earlier boot, nor where there is no stop', () => {
    expect(overdueAfter({ bootId: 'an-earlier-boot' }, 1_000_000)).toBe(false);
    expect(isOverdue(aRun(), bootId, 1_000_000)).toBe(false);
  });
});
