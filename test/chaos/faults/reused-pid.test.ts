import { execa } from 'execa';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { seed } from '../stage/form.ts';
import { lacking } from '../stage/needs.ts';
import type { Told } from './reused-pid-in-process.ts';

const script = path.join(import.meta.dirname, 'reused-pid-in-process.ts');

describe.skipIf(process.platform !== 'linux')(`a pid that is given out again, seed ${seed}`, () => {
  test.for(['between look and signal', 'while nobody looks'])(
    '%s: the innocent who has it lives, and never hears of it',
    async (when, { skip }) => {
      const lack = await lacking('unshare');
      if (lack !== null) skip(lack);
      const { stdout } = await execa('unshare', ['-Urpf', '--mount-proc', process.execPath, script, when]);
      const told = JSON.parse(stdout) as Told;
      expect(told.innocents).toEqual(told.numbers.map((pid) => ({ pid, disturbance: '' })));
      expect(told.report?.survivors ?? []).toEqual([]);
      expect(told.status).toBe(when === 'while nobody looks' ? 'failed' : 'killed');
    },
  );
});
