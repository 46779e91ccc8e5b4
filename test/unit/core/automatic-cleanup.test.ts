import { describe, expect, it } from 'vitest';
import { afterKept, againAfter, goesWithWork } from '../../../src/core/automatic-cleanup.ts';
import type { KeepReason } from '../../../src/core/removal.ts';
import { aRun, aWorkflow } from './a-run.ts';

const hour = 3_600_000;
const endedAt = 1_000 * hour;

describe('a worktree that is to go at the end of its run, and was kept', () => {
  it.each<readonly [readonly KeepReason[], 'again' | 'stays']>([
    [[{ code: 'occupied', pid: 7, name: 'vim' }], 'again'],
    [[{ code: 'awaited', by: null }], 'again'],
    [[{ code: 'unknown_state' }], 'again'],
    [[{ code: 'dirty', files: 1 }], 'stays'],
    [[{ code: 'unpushed', commits: 1 }], 'stays'],
    [[{ code: 'operation', operation: 'rebase' }], 'stays'],
    [[{ code: 'failed', detail: 'a nested repository' }], 'stays'],
    [
      [
        { code: 'occupied', pid: 7, name: 'vim' },
        { code: 'dirty', files: 1 },
      ],
      'stays',
    ],
  ])('because of %j: %s', (reasons, expected) => {
    expect(afterKept(reasons, { endedAt }, endedAt + hour)).toBe(expected);
  });

  it('is left alone after a day, whatever kept it', () => {
    const occupied = [{ code: 'occupied', pid: 7, name: 'vim' }] as const;
    expect(afterKept(occupied, { endedAt }, endedAt + 25 * hour)).toBe('stays');
  });

  it('is looked at again ever more seldom', () => {
    expect([1, 2, 5, 20].map(againAfter)).toEqual([2_000, 4_000, 32_000, 900_000]);
  });
});

it('goes with work in it only where its workflow says always, and never when it was brought back', () => {
  const always = aRun({ workflow: { ...aWorkflow, cleanup: 'always' } });
  expect(goesWithWork(always, { restored: null })).toBe(true);
  expect(goesWithWork(always, { restored: { checkpoint: 'ref', at: 1 } })).toBe(false);
  expect(goesWithWork(aRun({ workflow: { ...aWorkflow, cleanup: 'whenClean' } }), { restored: null })).toBe(false);
  expect(goesWithWork(null, { restored: null })).toBe(false);
});
