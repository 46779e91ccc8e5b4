import { setTimeout as sleep } from 'node:timers/promises';

/** What takes longer between two looks is no time in which the thing that is waited for could have come to be. */
const stallMilliseconds = 1_000;

/**
 * Waits until something holds: what is empty, as a file that is there and not written yet, does not.
 * @param limitMilliseconds no promise of anybody, where none is named: by then it will not come any more. A machine that
 * stands still for a while does not use it up
 * @throws what it last failed with, or said
 */
export async function eventually<Result>(
  what: () => Result | Promise<Result>,
  limitMilliseconds = 30_000,
): Promise<NonNullable<Result>> {
  let left = limitMilliseconds;
  for (;;) {
    const begun = performance.now();
    try {
      const result = await what();
      if (result) return result;
      if (left <= 0) throw new Error(`still ${JSON.stringify(result)}: ${what.toString()}`);
    } catch (error) {
      if (left <= 0) throw error;
    }
    await sleep(20);
    left -= Math.min(performance.now() - begun, stallMilliseconds);
  }
}
