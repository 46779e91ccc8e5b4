import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openLocalExecutor } from '../../../src/processes/local-executor.ts';
import { eventually } from '../../support/eventually.ts';

test('tells how processes were started, and nothing of one that is another by now', async () => {
  const executor = await openLocalExecutor();
  const words = ['-e', 'setInterval(() => {}, 1000)', '', 'two words'];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  try {
    const facts = await eventually(async () => (await executor.look()).processes.get(child.pid ?? 0));
    const identity = { ...executor.self, pid: facts.pid, startTime: facts.startTime };
    const other = { ...identity, startTime: `${facts.startTime}0` };

    expect(await executor.argumentsOf([other, identity])).toEqual([null, [process.execPath, ...words]]);
    expect(await executor.argumentsOf([])).toEqual([]);

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await executor.argumentsOf([identity])).toEqual([null]);
  } finally {
    child.kill('SIGKILL');
  }
});
