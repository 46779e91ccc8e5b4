import { describe, expect, test } from 'vitest';
import { budgetsOf, type DiskUsage, isOutdated, withoutWorktree } from '../../../src/core/disk-usage.ts';

const minute = 60_000;
const now = 100 * minute;

const usage: DiskUsage = {
  repository: '/shop',
  at: now,
  tookMilliseconds: 100,
  bytes: 25,
  worktrees: [
    { path: '/a', bytes: 10 },
    { path: '/b', bytes: 20 },
    { path: '/c', bytes: null },
  ],
};

describe('a measurement', () => {
  test.each<[string, Partial<DiskUsage> | null, readonly string[], boolean]>([
    ['is good while it is new', {}, ['/a', '/b', '/c'], false],
    ['is good for ten minutes', { at: now - 10 * minute }, ['/a'], false],
    ['is repeated after that', { at: now - 10 * minute - 1 }, ['/a'], true],
    ['is repeated less often where it takes long', { at: now - 11 * minute, tookMilliseconds: minute }, ['/a'], false],
    ['is repeated even so', { at: now - 21 * minute, tookMilliseconds: minute }, ['/a'], true],
    ['is repeated after the clock was set back', { at: now + 1 }, ['/a'], true],
    ['is repeated when a worktree has come', {}, ['/a', '/new'], true],
    ['is good when one has gone', {}, ['/a'], false],
    ['is needed where there is none', null, ['/a'], true],
    ['is needless where there is no worktree', null, [], false],
  ])('%s', (_, changed, paths, expected) => {
    expect(isOutdated(changed === null ? null : { ...usage, ...changed }, paths, now)).toBe(expected);
  });

  test('knows no more of what was removed, and never less than nothing', () => {
    expect(withoutWorktree(usage, '/b')).toEqual({
      ...usage,
      bytes: 5,
      worktrees: [
        { path: '/a', bytes: 10 },
        { path: '/c', bytes: null },
      ],
    });
    expect(withoutWorktree({ ...usage, bytes: 15 }, '/b').bytes).toBe(0);
    expect(withoutWorktree(usage, '/elsewhere')).toEqual(usage);
  });
});

test('a budget is of one repository, or of all together', () => {
  const other = { ...usage, repository: '/other', bytes: 100 };
  const set = new Map<string | null, number>([
    [null, 50],
    ['/shop', 30],
  ]);
  expect(budgetsOf([usage, other], (repository) => set.get(repository) ?? null)).toEqual([
    { repository: null, bytes: 125, budgetBytes: 50 },
    { repository: '/shop', bytes: 25, budgetBytes: 30 },
  ]);
  expect(budgetsOf([usage, other], () => null)).toEqual([]);
});
