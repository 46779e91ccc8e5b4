import { expect, test } from 'vitest';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { Retries } from '../../../src/supervisor/retries.ts';
import { aRun, aWorkflow } from '../core/a-run.ts';

const run = aRun({
  status: 'failed',
  reason: { code: 'exit_code', exitCode: 1 },
  startedAt: -60_000,
  endedAt: 0,
  workflow: { ...aWorkflow, retry: { attempts: 2, backoffSeconds: 30 } },
});
const store = { unansweredRuns: () => Promise.resolve([run]) } as Partial<Store> as Store;

function watcher(): { readonly retries: Retries; readonly at: { wall: number; monotonic: number } } {
  const at = { wall: 0, monotonic: 0 };
  const clock = { now: () => at.wall, monotonic: () => at.monotonic } as Partial<Clock> as Clock;
  return { retries: new Retries({ store, clock }), at };
}

const never = (): boolean => false;

test.each([
  ['goes as it should', 0],
  ['is set forward by 40 minutes', 40 * 60_000],
  ['is set forward by 8 hours', 8 * 3_600_000],
  ['is set back by 8 hours', -8 * 3_600_000],
])('a retry is made after its back-off, neither sooner nor never, while the clock %s', async (_, jump) => {
  const { retries, at } = watcher();
  expect(await retries.due()).toEqual([]);
  Object.assign(at, { wall: jump + 29_000, monotonic: 29_000 });
  expect(await retries.due()).toEqual([]);
  expect(await retries.isAwaited(never)).toBe(true);
  Object.assign(at, { wall: jump + 30_000, monotonic: 30_000 });
  expect(await retries.due()).toEqual([run]);
  expect(await retries.isAwaited(() => true)).toBe(false);
});

test('one that a watcher finds hours late is not made', async () => {
  const { retries, at } = watcher();
  at.wall = 8 * 3_600_000;
  expect(await retries.due()).toEqual([]);
  expect(await retries.isAwaited(never)).toBe(false);
});

test('one that could not be made is due again, later each time, and not for ever', async () => {
  const { retries, at } = watcher();
  await retries.due();
  at.monotonic = 30_000;
  for (const minutes of [1, 2, 4, 8, 16]) {
    expect(await retries.due()).toEqual([run]);
    retries.failed(run.runId);
    at.monotonic += minutes * 60_000 - 1;
    expect(await retries.due()).toEqual([]);
    expect(await retries.isAwaited(never)).toBe(true);
    at.monotonic += 1;
  }
  retries.failed(run.runId);
  at.monotonic += 24 * 3_600_000;
  expect(await retries.due()).toEqual([]);
  expect(await retries.isAwaited(never)).toBe(false);
});
