import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { LinuxProcessTable } from '../../../src/processes/linux-proc.ts';

// While a process replaces its program its environment reads as empty for a moment. Taken for "no cookie", it hid a
// run's leftover for good, since an environment is read once for each process and program.
test('a process that replaces its program again and again is recognised at every look', async () => {
  const again = 'n=$1; [ "$n" -gt 0 ] && exec sh -c "$0" "$0" $((n - 1)); exec sleep 600';
  const child = spawn('sh', ['-c', again, again, '2000'], {
    env: { PATH: process.env['PATH'], WARDEN_RUN_ID: 'run_00000000c0de' },
    stdio: 'ignore',
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('sh did not start');
  try {
    const cookies = new Set<string | null | undefined>();
    for (let looks = 0; looks < 300; looks += 1) {
      // A table that has not seen it yet, as at the look that matters.
      const { processes } = await new LinuxProcessTable().look();
      cookies.add(processes.get(pid)?.cookie);
    }
    expect([...cookies]).toEqual(['run_00000000c0de']);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
