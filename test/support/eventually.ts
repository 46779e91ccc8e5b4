import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds. @throws what it last failed with, or said, after ten seconds */
export async function eventually<Result>(
  what: () => Result | Promise<Result>,
  limitMilliseconds = 10_000,
): Promise<NonNullable<Result>> {
  const end = performance.now() + limitMilliseconds;
  for (;;) {
    try {
      const result = await what();
      if (result !== null && result !== undefined && result !== false) return result;
      if (performance.now() > end) throw new Error(`still ${String(result)}: ${what.toString()}`);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(20);
  }
}
