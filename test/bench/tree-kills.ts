import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pm2TreeKill from 'pm2/lib/TreeKill.js';
import treeKill from 'tree-kill';
import { parseStat } from '../../src/processes/linux-stat.ts';

type Signal = 'SIGTERM' | 'SIGKILL';

/** Ways to end the trees of some roots; each resolves when what it knows of is gone. */
export interface TreeKill {
  readonly name: string;
  readonly kill: (rootPids: readonly number[], signal: Signal) => Promise<void>;
}

/** The least that has to be done: one look, one signal each, and a wait until they are gone. Proves nothing. */
export const floor: TreeKill = {
  name: 'bare floor',
  kill: async (rootPids, signal) => {
    const pids = descendantsOf(rootPids);
    for (const pid of pids) signalIfThere(pid, signal);
    await untilGone(pids);
  },
};

/** They answer once the signals are sent; that the roots are gone is waited for here. */
export const others: readonly TreeKill[] = [
  { name: 'tree-kill', kill: (rootPids, signal) => killEach(rootPids, signal, promisify(treeKill), Infinity) },
  // Its daemon ends two processes at a time.
  { name: 'pm2', kill: (rootPids, signal) => killEach(rootPids, signal, promisify(pm2TreeKill), 2) },
];

async function killEach(
  rootPids: readonly number[],
  signal: Signal,
  kill: (pid: number, signal: string) => Promise<unknown>,
  atOnce: number,
): Promise<void> {
  const waiting = [...rootPids];
  const killSome = async (): Promise<void> => {
    for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) await kill(pid, signal);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rootPids.length) }, killSome));
  await untilGone(rootPids);
}

export function descendantsOf(rootPids: readonly number[]): number[] {
  const children = Map.groupBy(readAll(), ({ parentPid }) => parentPid);
  const found: number[] = [...rootPids];
  for (const pid of found) for (const child of children.get(pid) ?? []) found.push(child.pid);
  return found;
}

/** All processes of the machine, in one go. */
export function readAll(): NonNullable<ReturnType<typeof readStat>>[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat !== null);
}

function readStat(pid: number | string): ReturnType<typeof parseStat> {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

function signalIfThere(pid: number, signal: Signal): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Zombies count as gone. Gives up after a while: who is left is counted later. */
export async function untilGone(pids: readonly number[], limitMilliseconds = 10_000): Promise<void> {
  const begun = performance.now();
  let alive = pids;
  const isAlive = (pid: number): boolean => readStat(pid)?.state === 'alive';
  while (alive.length > 0 && performance.now() - begun < limitMilliseconds) {
    alive = alive.filter(isAlive);
    if (alive.length > 0) await sleep(1);
  }
}
