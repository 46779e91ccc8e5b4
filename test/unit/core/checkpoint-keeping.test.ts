import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, type CheckpointOfBranch, checkpointReasons } from '../../../src/core/checkpoint.ts';
import { checkpointsToPrune, isCheckpointDue } from '../../../src/core/checkpoint-keeping.ts';

const day = 24 * 3_600_000;
const now = 1_000 * day;

const checkpoints = (...all: (readonly [why: Checkpoint['why'], days: number])[]): CheckpointOfBranch[] =>
  all.map(([why, days], index) => ({
    ref: `ref/${index + 1}`,
    number: index + 1,
    commit: 'c0ffee',
    why,
    at: now - days * day,
    files: null,
    operation: null,
    branch: 'refs/heads/warden/builder/1',
  }));

const pruned = (...all: Parameters<typeof checkpoints>): number[] =>
  checkpointsToPrune(checkpoints(...all), now).map(({ number }) => number);

describe('of the checkpoints of a run', () => {
  it('the last never goes, however old', () => {
    expect(pruned(['interval', 900])).toEqual([]);
    expect(pruned(['interval', 901], ['restart', 900])).toEqual([1]);
  });

  it('nor the last of each worktree: what was restored from one is no later state of the other', () => {
    const own = checkpoints(['kill', 902], ['removal', 901]);
    const restored = checkpoints(['removal', 900], ['removal', 900]).map((one) => ({ ...one, branch: 'restored' }));
    const detached = checkpoints(['removal', 800]).map((one) => ({ ...one, branch: null }));
    expect(checkpointsToPrune([...own, ...restored, ...detached], now)).toEqual([own[0], restored[0]]);
  });

  it('nor any on no branch that was taken before its worktree went, which may be another one each time', () => {
    const detached = checkpoints(['removal', 902], ['kill', 901], ['removal', 900]);
    const onNone = detached.map((one) => ({ ...one, branch: null }));
    expect(checkpointsToPrune(onNone, now)).toEqual([]);
    expect(checkpointsToPrune([...onNone, { ...onNone[1]!, at: now }], now)).toEqual([onNone[1]]);
  });

  it('others go after 30 days', () => {
    expect(pruned(['kill', 31], ['by_hand', 30], ['removal', 1], ['kill', 0])).toEqual([1]);
    expect(pruned([null, 31], ['kill', 0])).toEqual([1]);
  });

  it('of those that were taken on the way the last ten stay, beside all others', () => {
    const onTheWay = Array.from({ length: 12 }, () => ['interval', 1] as const);
    expect(pruned(['by_hand', 2], ...onTheWay, ['kill', 0])).toEqual([2, 3]);
  });

  it('whatever there are, the last stays and nothing goes that is young and was asked for', () => {
    const any = fc.array(
      fc.tuple(fc.option(fc.constantFrom(...checkpointReasons)), fc.integer({ min: -10, max: 100 })),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(any, (all) => {
        const gone = new Set(pruned(...all));
        expect(gone.has(all.length)).toBe(false);
        for (const [index, [why, days]] of all.entries()) {
          if (gone.has(index + 1) && days <= 30) expect(['interval', 'restart']).toContain(why);
        }
      }),
    );
  });

  it.each([
    [null, 0, false],
    [10, 9, false],
    [10, 10, true],
    [0.5, 0.4, false],
    [0.5, 0.5, true],
    [10, -1, true],
  ])('every %s minutes: after %s the next is due: %s', (every, after, isDue) => {
    expect(isCheckpointDue(every, now, now + after * 60_000)).toBe(isDue);
  });
});
