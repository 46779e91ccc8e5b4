import { UsageError } from './usage-error.ts';

const dateAndTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

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
 * clocks show twice are the first of the two; those that they skip are as much later as the clocks were put forward.
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
  const match = dateAndTime.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const millisecond = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const parts = [year, month - 1, day, hour, minute, second, millisecond] as const;
  const asUtc = Date.UTC(...parts);
  const isReal = new Date(asUtc).getUTCDate() === day && month >= 1 && month <= 12;
  if (!isReal || hour > 23 || minute > 59 || second > 59) return null;
  const offset = match[8];
  if (offset === undefined) return new Date(...parts).getTime();
  const minutes = offsetMinutes(offset);
  return minutes === null ? null : asUtc - minutes * 60_000;
}

function offsetMinutes(offset: string): number | null {
  if (offset.toUpperCase() === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3).replace(':', ''));
  if (hours > 23 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** What a `Date` can hold. */
function isTime(time: number): boolean {
  return !Number.isNaN(new Date(time).getTime());
}
