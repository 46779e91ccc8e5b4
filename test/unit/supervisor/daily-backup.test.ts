import { expect, test } from 'vitest';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { DailyBackup } from '../../../src/supervisor/daily-backup.ts';

const tenMinutes = 10 * 60_000;

test('a backup that fails is tried again every ten minutes, and told once until one succeeds', async () => {
  let now = 0;
  let tries = 0;
  let isFull = true;
  const told: string[] = [];
  const backUp = (): Promise<boolean> => {
    tries += 1;
    return isFull ? Promise.reject(new Error('the disk is full')) : Promise.resolve(true);
  };
  const backup = new DailyBackup({
    store: { backUp } as Partial<Store> as Store,
    clock: { monotonic: () => now } as Partial<Clock> as Clock,
    diagnostics: { failed: (during) => told.push(during) },
    disposed: new AbortController().signal,
  });
  const attendFor = async (milliseconds: number): Promise<void> => {
    for (const end = now + milliseconds; now < end; now += 60_000) {
      backup.attend();
      await backup.settled();
    }
  };
  await attendFor(6 * tenMinutes);
  expect([tries, told]).toEqual([6, ['taking a backup of the database']]);
  isFull = false;
  await attendFor(tenMinutes);
  isFull = true;
  await attendFor(2 * tenMinutes);
  expect([tries, told.length]).toEqual([9, 2]);
});
