const dateAndTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** A date and a time of the day as they are written. */
export interface WrittenTime {
  readonly year: number;
  /** From 1 on. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Minutes east of UTC; null where none is written. */
  readonly offset: number | null;
}

/** ISO 8601, also with a space for the `T`, without seconds or a time of the day; null for what is no time. */
export function readTime(text: string): WrittenTime | null {
  const match = dateAndTime.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const millisecond = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = match[8] === undefined ? null : offsetMinutes(match[8]);
  const written = { year, month, day, hour, minute, second, millisecond, offset };
  const isReal = new Date(utcOf(written)).getUTCDate() === day && month >= 1 && month <= 12;
  return isReal && hour <= 23 && minute <= 59 && second <= 59 && !Number.isNaN(offset) ? written : null;
}

/** Epoch milliseconds of a time with an offset; null for what is none. */
export function timeWithOffset(text: string): number | null {
  const written = readTime(text);
  return written === null || written.offset === null ? null : utcOf(written) - written.offset * 60_000;
}

/** Not by `Date.UTC` alone: it takes the year 50 for 1950. */
function utcOf({ year, month, day, hour, minute, second, millisecond }: WrittenTime): number {
  const date = new Date(Date.UTC(2000, 0, 1, hour, minute, second, millisecond));
  return date.setUTCFullYear(year, month - 1, day);
}

/** NaN for one that is out of range. */
function offsetMinutes(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3).replace(':', ''));
  return hours > 23 || minutes > 59 ? Number.NaN : (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
