import { expect, test } from 'vitest';
import { isBackupDue } from '../../../src/core/backup.ts';

const day = 24 * 3_600_000;

test.each([
  ['there is none', null, true],
  ['the last is as old as a day', 10 * day - day, true],
  ['the last is younger', 10 * day - day + 1, false],
  ['the last is of the future', 10 * day + 1, true],
])('a backup is due when %s: %s', (_, at, isDue) => {
  expect(isBackupDue(at === null ? null : { at }, 10 * day)).toBe(isDue);
});
