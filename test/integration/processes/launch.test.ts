import { describe, expect, test } from 'vitest';
import { exitRecordBytes, exitRecordIn } from '../../../src/core/exit-record.ts';
import { LinuxProcessTable } from '../../../src/processes/linux-proc.ts';
import { LocalExecutor } from '../../../src/processes/local-executor.ts';
import { launchOnPosix } from '../../../src/processes/posix-launch.ts';
import { sendPosixSignal } from '../../../src/processes/posix-signal.ts';
import { launchOnWindows } from '../../../src/processes/windows-launch.ts';
import { eventually } from '../../support/eventually.ts';
import { preparedLaunch } from '../../support/prepared-launch.ts';

const table = new LinuxProcessTable();
const executor = new LocalExecutor(table, launchOnPosix, sendPosixSignal);

// The runner for Windows is plain Node, so it is tried here too.
describe.each([
  ['the shell wrapper', launchOnPosix],
  ['the Node runner', launchOnWindows],
])('%s', (_, launch) => {
  test('starts the command only when told to', async () => {
    await using run = await preparedLaunch(['sh', '-c', 'echo started; exit 9']);
    const held = await launch(table, run.request);
    expect(await executor.isAlive(held.wrapper)).toBe(true);
    expect(await run.output()).toBe('');
    await held.release();
    const record = await eventually(async () => exitRecordIn(await run.record(), 0));
    expect(record.exitCode).toBe(9);
    expect(await run.output()).toBe('started\n');
    expect((await run.record()).length).toBe(exitRecordBytes);
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
  });

  test('ends by itself when the launcher goes without a word', async () => {
    await using run = await preparedLaunch(['sh', '-c', 'echo started']);
    const held = await launch(table, run.request);
    held.abandon();
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
    expect(await run.output()).toBe('');
    expect(exitRecordIn(await run.record(), 0)).toMatchObject({ neverBegan: true, exitCode: null });
  });
});

describe('the shell wrapper', () => {
  test('records a death by signal as a shell tells it, and outlives a signal to its group', async () => {
    await using run = await preparedLaunch(['sleep', '600']);
    const held = await launchOnPosix(table, run.request);
    await held.release();
    process.kill(-held.wrapper.pid, 'SIGTERM');
    const record = await eventually(async () => exitRecordIn(await run.record(), 0));
    expect(record.exitCode).toBe(128 + 15);
  });

  test('gives the command no input, no descriptor of ours and a session of its own', async () => {
    await using run = await preparedLaunch([
      'sh',
      '-c',
      'cat; cut -d" " -f6 /proc/$$/stat; echo $PPID; ls -l /proc/self/fd',
    ]);
    const held = await launchOnPosix(table, run.request);
    await held.release();
    await eventually(async () => exitRecordIn(await run.record(), 0));
    const [session, parent, ...descriptors] = (await run.output()).trim().split('\n');
    expect(Number(session)).toBe(held.wrapper.pid);
    expect(Number(parent)).toBe(held.wrapper.pid);
    expect(descriptors.join('\n')).not.toMatch(/socket:|\/exit$/m);
  });
});

describe('a signal', () => {
  test('never reaches a process that merely has the number', async () => {
    await using run = await preparedLaunch(['sleep', '600']);
    const held = await launchOnPosix(table, run.request);
    await held.release();
    const stranger = { ...held.command, startTime: '1' };
    const otherBoot = { ...held.command, bootId: 'another' };
    const orders = [stranger, otherBoot].map((identity) => ({ identity, signal: 'SIGKILL' }) as const);
    expect(await executor.signal(orders)).toEqual(['gone', 'gone']);
    expect(await executor.isAlive(held.command)).toBe(true);
    expect(await executor.signal([{ identity: held.command, signal: 'SIGKILL' }])).toEqual(['sent']);
    await eventually(async () => exitRecordIn(await run.record(), 0));
  });

  test.each([0, 1, -1, -5, 1.5, Number.NaN, process.pid, process.ppid])('is refused for %d', async (pid) => {
    const identity = { ...(await table.identify(process.pid))!, pid };
    expect(await executor.signal([{ identity, signal: 'SIGKILL' }])).toEqual(['not_permitted']);
  });
});

test('looks that are asked for during a sweep share the next one', async () => {
  const first = executor.look();
  const during = Promise.resolve().then(() => Promise.all([executor.look(), executor.look()]));
  const [one, two] = await during;
  expect(one).toBe(two);
  expect(await first).not.toBe(one);
  expect(one.processes.get(process.pid)?.parentPid).toBe(process.ppid);
});
