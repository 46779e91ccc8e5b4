import { expect, test } from 'vitest';
import { sendWindowsSignal } from '../../../src/processes/windows-signal.ts';

test.each(['SIGCONT', 'SIGSTOP'] as const)(
  'no report of a kill on Windows counts %s, which is not sent there',
  async (signal) => {
    expect(await sendWindowsSignal(process.pid, signal)).toBe('gone');
  },
);
