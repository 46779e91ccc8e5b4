import type { Clock } from '../core/ports/clock.ts';

/** @returns null when the work takes longer; it goes on then, and its failure is the business of whoever owns it */
export async function within<Result>(
  clock: Clock,
  milliseconds: number,
  work: Promise<Result>,
): Promise<Result | null> {
  const done = new AbortController();
  const tooLong = clock.sleep(milliseconds, done.signal).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    done.abort();
  }
}
