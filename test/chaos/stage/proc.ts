import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process as this suite sees it, by code of its own: the product's is what is on trial. */
export interface SeenProcess {
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
  /** As the kernel writes it: R, S, D, T, Z, … */
  readonly state: string;
  readonly parentPid: number;
  readonly sessionId: number;
}

/** @returns null when it is gone */
export function processAt(pid: number): SeenProcess | null {
  const text = readOr(`/proc/${pid}/stat`, '');
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    parentPid: Number(fields[1]),
    sessionId: Number(fields[3]),
    startTime: fields[19] ?? '',
  };
}

/** Zombies are dead: they hold a number and nothing else. */
export function isAlive(process: SeenProcess): boolean {
  const now = processAt(process.pid);
  return now !== null && now.startTime === process.startTime && now.state !== 'Z' && now.state !== 'X';
}

export function allProcesses(): SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processAt(Number(name)) ?? [])
    .filter(({ state }) => state !== 'Z' && state !== 'X');
}

/** What the kernel shows of a process's environment; empty where it may not be read. */
export function environmentOf(pid: number): string[] {
  return readOr(`/proc/${pid}/environ`, '').split('\0');
}

export function hasOpen(pid: number, file: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkAt(`/proc/${pid}/fd/${fd}`) === file);
  } catch {
    return false;
  }
}

function linkAt(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return otherwise;
  }
}
