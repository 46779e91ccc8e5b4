import { readTime, timeWithOffset, type WrittenTime } from '../core/time-text.ts';
import { UsageError } from './usage-error.ts';

/** What can be written, for help. */
export const timeNote =
  'TIME is 2025-06-16T13:33:06+02:00, a local time as "2025-06-16 13:33", or how long ago as "2h ago" (s, min, h, d, w).';

const ago = /^(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?$/i;

const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A time as people type it: ISO 8601 with an offset, the same without one in local time, or `2h ago`. Local times that
 * clocks show twice are the first of the two; those that they skip are as much later as the clocks were put forward. A day
 * ago is 24 hours ago, whatever the clocks did meanwhile.
 * @param option that holds it, for the error
 * @param now epoch milliseconds
 * @returns epoch milliseconds
 * @throws UsageError
 */
export function parseTime(option: string, text: string, now: number): number {
  const trimmed = text.trim();
  const time = timeAgo(trimmed, now) ?? timeOf(trimmed);
  if (time !== null) return time;
  throw new UsageError(
    `"${text}" is not a time for --${option}. Expected: 2025-06-16T13:33:06Z, "2025-06-16 13:33" (local), or "2h ago".`,
    null,
  );
}

function timeAgo(text: string, now: number): number | null {
  const [, amount, unit] = ago.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  const time = Math.round(now - Number(amount) * (unitMilliseconds[unit.slice(0, 1).toLowerCase()] ?? Number.NaN));
  return isTime(time) ? time : null;
}

function timeOf(text: string): number | null {
  const written = readTime(text);
  return written !== null && written.offset === null ? localTimeOf(written) : timeWithOffset(text);
}

function localTimeOf({ year, month, day, hour, minute, second, millisecond }: WrittenTime): number {
  const date = new Date(2000, 0, 1);
  date.setFullYear(year, month - 1, day);
  return date.setHours(hour, minute, second, millisecond);
}

/** What a `Date` can hold. */
function isTime(time: number): boolean {
  return !Number.isNaN(new Date(time).getTime());
}
