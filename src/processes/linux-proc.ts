import { WardenError } from '../core/errors.ts';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as yieldToEventLoop, setTimeout as sleep } from 'node:timers/promises';
import type { Occupant } from '../core/ports/executor.ts';
import type { ProcessFacts, ProcessIdentity, ProcessSnapshot } from '../core/process-identity.ts';
import type { ProcessTable } from './process-table.ts';

/** Work between two yields to the event loop: short enough for an extension host, long enough to cost no more in sum. */
const sliceMilliseconds = 4;

/** USER_HZ: 100 on every Linux that Node supports. */
const clockTicksPerSecond = 100;

const pageBytes = 4096;

const cookieName = 'WARDEN_RUN_ID=';

/** How long an environment that is really empty is doubted. */
const emptyMilliseconds = 20;

/** How long a process may be between two programs: on a busy machine it may have to wait for its turn in the middle. */
const betweenProgramsMilliseconds = 1_000;

/** What one line of the kernel tells of a process. */
type Stat = Omit<ProcessFacts, 'cookie'>;

/** `/proc/<pid>/stat`, or null when the process is gone. */
export function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  return parseStat(text);
}

/** The name may hold blanks and parentheses, so the fields are counted from the last closing one (proc(5)). */
export function parseStat(text: string): Stat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  const [state, parentPid, groupId, sessionId] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return null;
  return {
    pid: Number(text.slice(0, open - 1)),
    name: text.slice(open + 1, close),
    // A process whose first thread has ended shows Z while its other threads go on.
    state: (state === 'Z' || state === 'X') && Number(fields[17]) <= 1 ? 'zombie' : 'alive',
    uninterruptible: state === 'D',
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startTime,
    cpuMilliseconds: ((Number(fields[11]) + Number(fields[12])) * 1000) / clockTicksPerSecond,
    memoryBytes: Number(fields[21]) * pageBytes,
  };
}

/** The value of WARDEN_RUN_ID in a block of `NAME=value\0` entries; null when it is not there. */
export function cookieIn(environment: Buffer): string | null {
  let start = environment.indexOf(cookieName, 0, 'latin1');
  while (start > 0 && environment[start - 1] !== 0) start = environment.indexOf(cookieName, start + 1, 'latin1');
  if (start < 0) return null;
  const valueStart = start + cookieName.length;
  const end = environment.indexOf(0, valueStart);
  return environment.toString('latin1', valueStart, end < 0 ? environment.length : end);
}

/** What the environment of a process says; `unsettled` when it reads as empty, as it does while the program is replaced. */
function readCookie(pid: number): { readonly cookie: string | null } | 'unsettled' {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`);
    return environment.length === 0 ? 'unsettled' : { cookie: cookieIn(environment) };
  } catch {
    // Another user's, or gone: nobody's cookie can be read there.
    return { cookie: null };
  }
}

/** Between two programs a process has no arguments either; that ends when the new one is loaded. */
function isBetweenPrograms(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length === 0;
  } catch {
    return false;
  }
}

/** The kernel's own threads have no environment, ever. */
const isKernelThread = ({ pid, parentPid }: Stat): boolean => pid === 2 || parentPid === 2;

export const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

const isPid = (name: string): boolean => name.charCodeAt(0) <= 57 && name.charCodeAt(0) >= 48;

/** Looks at every process by `/proc`. Environments are read once for each process and program, since they do not change. */
export class LinuxProcessTable implements ProcessTable {
  readonly bootId = readBootId();
  readonly self: ProcessIdentity;
  #cookies = new Map<string, string | null>();

  constructor() {
    const stat = readStat(process.pid);
    if (stat === null) throw new WardenError('cannot_look_at_processes', { detail: '/proc is not there' });
    this.self = { bootId: this.bootId, pid: process.pid, startTime: stat.startTime };
  }

  identify(pid: number): Promise<ProcessIdentity | null> {
    const stat = readStat(pid);
    const alive = stat !== null && stat.state === 'alive';
    return Promise.resolve(alive ? { bootId: this.bootId, pid, startTime: stat.startTime } : null);
  }

  confirm(): Promise<(identity: ProcessIdentity) => boolean> {
    return Promise.resolve(({ bootId, pid, startTime }) => {
      if (bootId !== this.bootId) return false;
      const stat = readStat(pid);
      return stat !== null && stat.state === 'alive' && stat.startTime === startTime;
    });
  }

  occupantsOf(directory: string): Promise<Occupant[]> {
    return occupantsOf(directory);
  }

  async look(): Promise<ProcessSnapshot> {
    const processes = new Map<number, ProcessFacts>();
    const cookies = new Map<string, string | null>();
    const unsettled: Stat[] = [];
    const take = (stat: Stat, cookie: string | null): void => {
      cookies.set(keyOf(stat), cookie);
      processes.set(stat.pid, { ...stat, cookie });
    };
    await inSlices(readdirSync('/proc').filter(isPid), (name) => {
      const stat = readStat(Number(name));
      if (stat === null) return;
      const known = this.#cookies.get(keyOf(stat));
      if (known !== undefined || stat.state === 'zombie' || isKernelThread(stat)) return take(stat, known ?? null);
      const read = readCookie(stat.pid);
      if (read === 'unsettled') unsettled.push(stat);
      else take(stat, read.cookie);
    });
    await settle(unsettled, take);
    this.#cookies = cookies;
    return { bootId: this.bootId, processes };
  }
}

const keyOf = ({ pid, startTime, name }: Stat): string => `${pid}/${startTime}/${name}`;

/**
 * Reads again, until they tell, those whose environment read as empty: taken for "no cookie", one that was caught between
 * two programs would never be recognised. Who really has none is believed after a moment, once.
 */
async function settle(unsettled: readonly Stat[], take: (stat: Stat, cookie: string | null) => void): Promise<void> {
  const begun = performance.now();
  for (let waiting = unsettled; waiting.length > 0;) {
    await sleep(1);
    const waited = performance.now() - begun;
    waiting = waiting.filter(({ pid, startTime }) => {
      const stat = readStat(pid);
      if (stat === null || stat.startTime !== startTime) return false;
      const read = stat.state === 'zombie' ? { cookie: null } : readCookie(pid);
      const limit = isBetweenPrograms(pid) ? betweenProgramsMilliseconds : emptyMilliseconds;
      if (read === 'unsettled' && waited < limit) return true;
      take(stat, read === 'unsettled' ? null : read.cookie);
      return false;
    });
  }
}

/** Processes whose working directory is at or below the folder, which must have its links resolved. */
async function occupantsOf(directory: string): Promise<Occupant[]> {
  const occupants: Occupant[] = [];
  await inSlices((await readdir('/proc')).filter(isPid), (name) => {
    try {
      const workingDirectory = readlinkSync(`/proc/${name}/cwd`);
      if (workingDirectory !== directory && !workingDirectory.startsWith(`${directory}/`)) return;
    } catch {
      return;
    }
    const stat = readStat(Number(name));
    if (stat !== null && stat.state === 'alive') occupants.push({ pid: stat.pid, name: stat.name });
  });
  return occupants;
}

async function inSlices<Item>(items: readonly Item[], work: (item: Item) => void): Promise<void> {
  let sliceEnd = performance.now() + sliceMilliseconds;
  for (const item of items) {
    work(item);
    if (performance.now() >= sliceEnd) {
      await yieldToEventLoop();
      sliceEnd = performance.now() + sliceMilliseconds;
    }
  }
}
