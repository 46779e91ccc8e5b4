import { describe, expect, it } from 'vitest';
import { type PooledWorktree, poolWork } from '../../../src/core/pool.ts';

const one = (id: string, over: Partial<PooledWorktree> = {}): PooledWorktree => ({
  id,
  path: `/r.worktrees/.pool-${id}`,
  commit: 'new',
  state: 'ready',
  settings: 'now',
  ...over,
});

const wanted = (size: number) => ({ size, commit: 'new', settings: 'now' });

describe('what brings a pool up to date', () => {
  it.each([
    ['none there', [], 2, { renew: [], discard: [], prepare: 2 }],
    ['as many as wanted', [one('a'), one('b')], 2, { renew: [], discard: [], prepare: 0 }],
    [
      'too many: those of the wanted commit stay',
      [one('a', { commit: 'old' }), one('b')],
      1,
      { renew: [], discard: ['a'], prepare: 0 },
    ],
    [
      'none wanted any more',
      [one('a'), one('b', { commit: 'old' })],
      0,
      { renew: [], discard: ['b', 'a'], prepare: 0 },
    ],
    ['an earlier commit', [one('a', { commit: 'old' })], 1, { renew: ['a'], discard: [], prepare: 0 }],
    ['other settings', [one('a', { settings: 'then' })], 1, { renew: [], discard: ['a'], prepare: 1 }],
    ['settings that are not known', [one('a', { settings: null })], 1, { renew: [], discard: ['a'], prepare: 1 }],
    [
      'one that somebody is at',
      [one('a', { state: 'busy', settings: null })],
      1,
      { renew: [], discard: [], prepare: 0 },
    ],
    [
      'one that somebody touched: it counts',
      [one('a', { state: 'touched' })],
      2,
      { renew: [], discard: [], prepare: 1 },
    ],
    [
      'only touched ones, none wanted: they stay',
      [one('a', { state: 'touched' })],
      0,
      { renew: [], discard: [], prepare: 0 },
    ],
  ])('%s', (_name, pool, size, work) => {
    const found = poolWork(pool, wanted(size));
    expect({ ...found, discard: [...found.discard].sort() }).toEqual({ ...work, discard: [...work.discard].sort() });
  });
});
