import { readFile } from 'node:fs/promises';

/** What the kernel tells of a process. */
export interface ProcessState {
  /** Clock ticks since boot. */
  readonly startTime: string;
  /** It has ended, and only its number is still taken. */
  readonly isZombie: boolean;
}

/** @returns null when there is no such process, or the platform does not tell */
export async function processState(pid: number): Promise<ProcessState | null> {
  if (process.platform !== 'linux') return null;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name stands in parentheses and may hold spaces and parentheses itself: fields count from the last one.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[18];
  return startTime === undefined ? null : { startTime, isZombie: state === 'Z' || state === 'X' };
}
