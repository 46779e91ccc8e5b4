import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pidusage from 'pidusage';
import { openLocalExecutor } from '../../../src/processes/local-executor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { descendantsOf, readAll } from '../tree-kills.ts';
import type { Subject } from './subject.ts';

const count = 3_000;

/** They wait for the end of standard input: all end with this process, whatever becomes of it. */
const manySleepers = `for (1..${count}) { last unless defined(my $pid = fork); next if $pid; <STDIN>; exit } <STDIN>`;

/** One look at all processes of a busy machine. */
export const look: Subject = {
  open: async () => {
    const parent = spawn('perl', ['-e', manySleepers], { stdio: ['pipe', 'ignore', 'inherit'] });
    const ended = once(parent, 'exit');
    const pids = await untilThere(parent.pid ?? 0);
    return {
      comparisons: [await comparison(pids)],
      [Symbol.asyncDispose]: async () => {
        parent.stdin.end();
        await ended;
      },
    };
  },
};

async function untilThere(parentPid: number): Promise<readonly number[]> {
  for (;;) {
    const pids = descendantsOf([parentPid]);
    if (pids.length > count) return pids;
    await sleep(50);
  }
}

async function comparison(pids: readonly number[]): Promise<Comparison> {
  const executor = await openLocalExecutor();
  const contenders = [
    looking('ours', () => executor.look()),
    looking('ours, the first look', async () => (await openLocalExecutor()).look()),
    looking('bare floor', () => Promise.resolve(readAll())),
    looking('ps', listByPs),
    looking('pidusage', () => pidusage(pids)),
  ] as const;
  const notes = ['the floor reads everything in one go; the first look also reads every environment'];
  return { title: `Look at ${count} processes`, notes, rounds: 15, amount: 1, contenders };
}

function looking(name: string, work: () => Promise<unknown>): Contender {
  const run = async (): Promise<void> => {
    await work();
  };
  return { name, prepare: () => Promise.resolve({ run, finish: () => Promise.resolve(null) }) };
}

/** The columns that a look is about. */
async function listByPs(): Promise<string[][]> {
  const columns = 'pid=,ppid=,pgid=,sid=,stat=,lstart=,comm=';
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', columns], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.split('\n').map((line) => line.trim().split(/\s+/));
}
