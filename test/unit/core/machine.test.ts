import { expect, test } from 'vitest';
import { describeShortage, type MachineFacts, shortagesOf } from '../../../src/core/machine.ts';
import { plainEnglish } from '../../../src/core/translate.ts';

const well: MachineFacts = {
  loadPerCore: 1,
  memory: { freeBytes: 4e9, totalBytes: 8e9 },
  disks: [{ path: '/state', freeBytes: 1e12 }],
};

test.each<[string, Partial<MachineFacts>, readonly string[]]>([
  ['a machine that is well', {}, []],
  ['one that does not tell its load', { loadPerCore: null }, []],
  ['one that is busy', { loadPerCore: 10.5 }, ['the machine is busy: 10.5 processes want each core']],
  ['one without memory', { memory: { freeBytes: 2e8, totalBytes: 8e9 } }, ['memory is short: 200 MB free']],
  [
    'one with a full disk',
    { disks: [...well.disks, { path: '/w', freeBytes: 0 }] },
    ['the disk of /w is nearly full: 0 B free'],
  ],
])('what is short on %s', (_, some, words) => {
  const shortages = shortagesOf({ ...well, ...some });
  expect(shortages.map((shortage) => describeShortage(shortage, plainEnglish))).toEqual(words);
});
