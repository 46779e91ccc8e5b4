import { describe, expect, it } from 'vitest';
import { isLookFresh, type PooledWorktree, poolWork } from '../../../src/core/pool.ts';

const one = (id: string, over: Partial<PooledWorktree> = {}): PooledWorktree => ({
  id,
  path: `/r.worktrees/.pool-${id}`,
  commit: 'new',
  state: 'ready',
  settings: 'now',
  lookedAt: 100_000,
  ...over,
});

const wanted = (size: number) => ({ size, commit: 'new', settings: 'now', now: 110_000 });

describe('what brings a pool up to date', () => {
  it.each([
    ['none there', [], 2, { look: [], renew: [], discard: [], prepare: 2 }],
    ['as many as wanted', [one('a'), one('b')], 2, { look: [], renew: [], discard: [], prepare: 0 }],
    [
      'too many: those of the wanted commit stay',
      [one('a', { commit: 'old' }), one('b')],
      1,
      { look: [], renew: [], discard: ['a'], prepare: 0 },
    ],
    [
      'none wanted any more',
      [one('a'), one('b', { commit: 'old' })],
      0,
      { look: [], renew: [], discard: ['b', 'a'], prepare: 0 },
    ],
    ['an earlier commit', [one('a', { commit: 'old' })], 1, { look: [], renew: ['a'], discard: [], prepare: 0 }],
    ['other settings', [one('a', { settings: 'then' })], 1, { look: [], renew: [], discard: ['a'], prepare: 1 }],
    [
      'settings that are not known',
      [one('a', { settings: null })],
      1,
      { look: [], renew: [], discard: ['a'], prepare: 1 },
    ],
    [
      'one that somebody is at',
      [one('a', { state: 'busy', settings: null, lookedAt: null })],
      1,
      { look: [], renew: [], discard: [], prepare: 0 },
    ],
    [
      'one whose files were looked at long ago',
      [one('a', { lookedAt: 60_000 }), one('b', { lookedAt: 70_000 })],
      2,
      { look: ['a'], renew: [], discard: [], prepare: 0 },
    ],
    [
      'one whose files were looked at before the clock was set back',
      [one('a', { lookedAt: 110_001 })],
      1,
      { look: ['a'], renew: [], discard: [], prepare: 0 },
    ],
    [
      'one that somebody touched: it counts',
      [one('a', { state: 'touched' })],
      2,
      { look: [], renew: [], discard: [], prepare: 1 },
    ],
    [
      'only touched ones, none wanted: they stay',
      [one('a', { state: 'touched' })],
      0,
      { look: [], renew: [], discard: [], prepare: 0 },
    ],
  ])('%s', (_name, pool, size, work) => {
    const found = poolWork(pool, wanted(size));
    expect({ ...found, discard: [...found.discard].sort() }).toEqual({ ...work, discard: [...work.discard].sort() });
  });
});

it.each([
  [0, true],
  [119_999, true],
  [120_000, false],
  [-1, false],
])('a look at the files that was %i ms ago spares a launch another: %s', (age, isFresh) => {
  expect(isLookFresh(1_000_000 - age, 1_000_000)).toBe(isFresh);
});
