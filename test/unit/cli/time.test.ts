import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTime } from '../../../src/cli/time.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';

const now = Date.parse('2025-06-16T13:33:06.120Z');
const parsed = (text: string): string => new Date(parseTime('since', text, now)).toISOString();

describe('a time', () => {
  const zone = process.env['TZ'];

  beforeEach(() => {
    process.env['TZ'] = 'Europe/Berlin';
  });

  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  test.each([
    ['2025-06-16T13:33:06Z', '2025-06-16T13:33:06.000Z'],
    ['2025-06-16T13:33:06.1205+02:00', '2025-06-16T11:33:06.120Z'],
    ['2025-06-16T13:33-0330', '2025-06-16T17:03:00.000Z'],
    ['2025-06-16 13:33 +02', '2025-06-16T11:33:00.000Z'],
    ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('with an offset, %s, is what it says', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test.each([
    ['2025-06-16 13:33', '2025-06-16T11:33:00.000Z'],
    ['2025-01-16T13:33:06', '2025-01-16T12:33:06.000Z'],
    ['2025-06-16', '2025-06-15T22:00:00.000Z'],
    ['2025-03-30 01:59', '2025-03-30T00:59:00.000Z'],
    ['2025-03-30 03:00', '2025-03-30T01:00:00.000Z'],
    ['2025-10-26 03:00', '2025-10-26T02:00:00.000Z'],
  ])('without an offset, %s, is local, on either side of a change of the clocks', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test('that the clocks skip is an hour later; one that they show twice is the first', () => {
    expect(parsed('2025-03-30 02:30')).toBe('2025-03-30T01:30:00.000Z');
    expect(parsed('2025-10-26 02:30')).toBe('2025-10-26T00:30:00.000Z');
  });

  test.each([
    ['2h ago', 7_200_000],
    ['90 min ago', 5_400_000],
    ['1.5 hours ago', 5_400_000],
    ['30s', 30_000],
    ['1d ago', 86_400_000],
    ['2 Weeks ago', 1_209_600_000],
  ])('in the past, %s, counts from now', (text, milliseconds) => {
    expect(parseTime('since', text, now)).toBe(now - milliseconds);
  });

  test.each(['', 'soon', '2h from now', '2025-02-29', '2025-13-01', '2025-00-10', '2025-06-31T00:00Z', '25:00'])(
    'that is none, "%s", is refused',
    (text) => {
      expect(() => parseTime('since', text, now)).toThrow(UsageError);
    },
  );

  test.each(['2025-06-16T24:00Z', '2025-06-16T13:60Z', '2025-06-16T13:33+25:00', '999999999999w ago'])(
    'out of range, "%s", is refused',
    (text) => {
      expect(() => parseTime('since', text, now)).toThrow(UsageError);
    },
  );
});
