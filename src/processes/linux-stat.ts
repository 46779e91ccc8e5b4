import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessFacts } from '../core/process-identity.ts';

/** USER_HZ: 100 on every Linux that Node supports. */
const clockTicksPerSecond = 100;

const pageBytes = 4096;

/** Of a line, counted from the state: the resident pages are the last that is of use. */
const fieldsRead = 22;

/** What one line of the kernel tells of a process. */
export interface Stat extends Omit<ProcessFacts, 'cookie'> {
  /** By a signal or a debugger. */
  readonly isStopped: boolean;
}

/** What `/proc/<pid>/stat` tells, or null when the process is gone. */
export function readStat(pid: number): Stat | null {
  const line = readStatLine(pid);
  return line === null ? null : parseStat(line);
}

/** `/proc/<pid>/stat` as it is, or null when the process is gone. */
export function readStatLine(pid: number): string | null {
  try {
    // Node reads a whole file as UTF-8 in one native call, twice as fast as in any other encoding.
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
}

/** The name may hold blanks and parentheses, so the fields are counted from the last closing one (proc(5)). */
export function parseStat(text: string): Stat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // The rest would be thirty more words of garbage for each process and look.
  const fields = text.slice(close + 2).split(' ', fieldsRead);
  const [state, parentPid, groupId, sessionId] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return null;
  return {
    pid: Number(text.slice(0, open - 1)),
    name: text.slice(open + 1, close),
    // A process whose first thread has ended shows Z while its other threads go on.
    state: (state === 'Z' || state === 'X') && Number(fields[17]) <= 1 ? 'zombie' : 'alive',
    uninterruptible: state === 'D',
    isStopped: state === 'T' || state === 't',
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startTime,
    cpuMilliseconds: (cpuTicks(fields) * 1000) / clockTicksPerSecond,
    memoryBytes: Number(fields[21]) * pageBytes,
  };
}

/**
 * utime, stime, and cutime and cstime: of the children that it has waited for. A build is hundreds of processes that live
 * for moments: who looks seldom meets none of them twice, and finds what they did with their parent.
 */
function cpuTicks(fields: readonly string[]): number {
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** The kernel's own threads have no environment, ever. */
export const isKernelThread = ({ pid, parentPid }: Stat): boolean => pid === 2 || parentPid === 2;

/**
 * The number that was given out last, to a process or a thread, in our pid namespace (proc(5), /proc/loadavg): whoever is
 * newer than a look has a number after the one that was the last then.
 */
export function newestPid(): number {
  const text = readFileSync('/proc/loadavg', 'latin1');
  return Number(text.slice(text.lastIndexOf(' ') + 1));
}

/** Threads can be looked up by their own number too, but are not listed. */
export function isThread(pid: number): boolean {
  try {
    const group = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return group !== String(pid);
  } catch {
    return true;
  }
}

/** All processes of our pid namespace; threads are not among them. */
export function listedPids(): number[] {
  return readdirSync('/proc').filter(isPid).map(Number);
}

/** Up to so many new numbers are tried one by one; listing all processes is quicker beyond. */
const fewNumbers = 64;

/**
 * Numbers of those who came between two readings of `newestPid`, threads among them. After the greatest number the small
 * ones are given out again: all are listed then, as where many came.
 */
export function newerPids(before: number, newest: number): number[] {
  if (newest < before || newest - before > fewNumbers) return listedPids();
  return Array.from({ length: newest - before }, (_, index) => before + 1 + index);
}

/** Of the names in /proc. */
const isPid = (name: string): boolean => name.charCodeAt(0) <= 57 && name.charCodeAt(0) >= 48;
