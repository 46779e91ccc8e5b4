import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseTime } from '../../../src/cli/time.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';
import { millisecondsOf, time } from '../../../src/server/parameters.ts';

const now = Date.parse('2025-06-16T13:33:06.120Z');
const parsed = (text: string): string => new Date(parseTime('since', text, now)).toISOString();

afterEach(() => vi.unstubAllEnvs());

describe('a time', () => {
  beforeEach(() => void vi.stubEnv('TZ', 'Europe/Berlin'));

  test.each([
    ['2025-06-16T13:33:06Z', '2025-06-16T13:33:06.000Z'],
    ['2025-06-16T13:33:06.1205+02:00', '2025-06-16T11:33:06.120Z'],
    ['2025-06-16T13:33-0330', '2025-06-16T17:03:00.000Z'],
    ['2025-06-16 13:33 +02', '2025-06-16T11:33:00.000Z'],
    ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0050-01-01T00:00Z', '0050-01-01T00:00:00.000Z'],
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

describe('a local time', () => {
  test.each([
    // The clocks go from 2:00 to 3:00, and from 3:00 back to 2:00.
    ['Europe/Berlin', '2025-03-30 01:59:59', '2025-03-30T00:59:59.000Z'],
    ['Europe/Berlin', '2025-03-30 02:00', '2025-03-30T01:00:00.000Z'],
    ['Europe/Berlin', '2025-03-30 02:59', '2025-03-30T01:59:00.000Z'],
    ['Europe/Berlin', '2025-03-30 03:00', '2025-03-30T01:00:00.000Z'],
    ['Europe/Berlin', '2025-10-26 02:59', '2025-10-26T00:59:00.000Z'],
    ['America/New_York', '2025-03-09 01:59', '2025-03-09T06:59:00.000Z'],
    ['America/New_York', '2025-03-09 02:30', '2025-03-09T07:30:00.000Z'],
    ['America/New_York', '2025-03-09 03:00', '2025-03-09T07:00:00.000Z'],
    ['America/New_York', '2025-11-02 01:30', '2025-11-02T05:30:00.000Z'],
    ['America/New_York', '2025-11-02 02:00', '2025-11-02T07:00:00.000Z'],
    // By half an hour: from 2:00 to 2:30, and from 2:00 back to 1:30.
    ['Australia/Lord_Howe', '2025-10-05 01:59', '2025-10-04T15:29:00.000Z'],
    ['Australia/Lord_Howe', '2025-10-05 02:15', '2025-10-04T15:45:00.000Z'],
    ['Australia/Lord_Howe', '2025-10-05 02:30', '2025-10-04T15:30:00.000Z'],
    ['Australia/Lord_Howe', '2025-04-06 01:45', '2025-04-05T14:45:00.000Z'],
    ['Australia/Lord_Howe', '2025-04-06 02:00', '2025-04-05T15:30:00.000Z'],
    ['Asia/Kathmandu', '2025-06-16 13:33', '2025-06-16T07:48:00.000Z'],
    // Midnight is skipped.
    ['Africa/Cairo', '2025-04-25', '2025-04-24T22:00:00.000Z'],
    ['Asia/Kathmandu', '0050-01-01', '0049-12-31T18:18:44.000Z'],
  ])('in %s, %s, is %s', (zone, text, expected) => {
    vi.stubEnv('TZ', zone);

    expect(parsed(text)).toBe(expected);
  });

  test('says nothing about one with an offset, or in the past', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']) {
      vi.stubEnv('TZ', zone);
      expect(parsed('2025-03-30T02:30:00+01:00')).toBe('2025-03-30T01:30:00.000Z');
      // An hour was skipped in between: a day ago is 24 hours ago.
      expect(parseTime('since', '1 day ago', Date.parse('2025-03-30T12:00:00Z'))).toBe(
        Date.parse('2025-03-29T12:00:00Z'),
      );
    }
  });
});

test.each([
  '2025-06-16T13:33:06Z',
  '2025-06-16T13:33:06.123456789+05:45',
  '2024-02-29T23:59:59-03:30',
  '0050-01-01T00:00:00Z',
  '2025-03-30T02:30:00+14:00',
])('%s is the same for HTTP, MCP and the command line', (text) => {
  expect(time('').safeParse(text).success).toBe(true);
  expect(millisecondsOf(text)).toBe(Date.parse(text));
  expect(parseTime('since', text, now)).toBe(Date.parse(text));
});
