import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WardenError } from '../core/errors.ts';
import type { FreezeRequest, Frozen, Occupant } from '../core/ports/executor.ts';
import type { ProcessFacts, ProcessIdentity, ProcessSnapshot } from '../core/process-identity.ts';
import { SharedRound } from '../core/shared-round.ts';
import { inSlices } from './in-slices.ts';
import { isBetweenPrograms, readCookie, readRunFolder } from './linux-environment.ts';
import { readArguments } from './linux-arguments.ts';
import { LinuxFreeze } from './linux-freeze.ts';
import { type ElsewhereFacts, foundElsewhere, innermostPid, readBootId, sweepElsewhere } from './linux-namespace.ts';
import { ownPortsOf, portStatesOf } from './linux-ports.ts';
import {
  isKernelThread,
  isThread,
  listedPids,
  newerPids,
  newestPid,
  parseStat,
  readStat,
  readStatLine,
  type Stat,
} from './linux-stat.ts';
import type { ProcessTable, SendOne } from './process-table.ts';

/** How long an environment that is really empty is doubted. */
const emptyMilliseconds = 20;

/** How long a process may be between two programs: on a busy machine it may have to wait for its turn in the middle. */
const betweenProgramsMilliseconds = 1_000;

/** How often a look runs after those who came meanwhile. */
const catchUpRounds = 4;

/** Looks at every process by `/proc`. Environments are read once for each process and program, since they do not change. */
export class LinuxProcessTable implements ProcessTable {
  readonly bootId = readBootId();
  readonly self: ProcessIdentity;
  readonly ownPortsOf = ownPortsOf;
  readonly portStatesOf = portStatesOf;
  readonly #isDeserted: (namespace: string) => boolean;
  /** Of many who ask at once, as for all runs of a container, one sweep serves all. */
  readonly #elsewhere = new SharedRound(() => sweepElsewhere(this.bootId));
  #known = new Map<number, Known>();

  /** @param isDeserted whether nobody is left in another pid namespace; false where nobody can tell */
  constructor(isDeserted: (namespace: string) => boolean = () => false) {
    this.#isDeserted = isDeserted;
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

  async lookElsewhere(identity: ProcessIdentity): Promise<ElsewhereFacts> {
    return foundElsewhere(await this.#elsewhere.join(), this.bootId, identity, this.#isDeserted);
  }

  isStopped({ bootId, pid, startTime }: ProcessIdentity): Promise<boolean> {
    const stat = readStat(pid);
    return Promise.resolve(bootId === this.bootId && stat?.startTime === startTime && stat.isStopped);
  }

  occupantsOf(directory: string): Promise<Occupant[]> {
    return occupantsOf(directory);
  }

  async look(): Promise<ProcessSnapshot> {
    const processes = new Map<number, ProcessFacts>();
    const known = new Map<number, Known>();
    const unsettled: Unsettled[] = [];
    const take = (line: string, facts: ProcessFacts): void => {
      known.set(facts.pid, { line, facts });
      processes.set(facts.pid, facts);
    };
    const visit = (pid: number): void => {
      const line = readStatLine(pid);
      if (line === null) return;
      const before = this.#known.get(pid);
      // Most of all processes sleep: what is told of them again is not made again, which the garbage collector would feel.
      if (before?.line === line) {
        known.set(pid, before);
        processes.set(pid, before.facts);
        return;
      }
      const stat = parseStat(line);
      if (stat === null) return;
      const cookie = this.#knownCookieOf(stat);
      if (cookie !== undefined) return take(line, { ...stat, cookie });
      const read = readCookie(pid);
      if (read === 'unsettled') unsettled.push({ line, stat });
      else take(line, { ...stat, cookie: read.cookie });
    };
    let newest = newestPid();
    await inSlices(listedPids(), visit);
    // One who hands himself on to a new process all the time is never in the listing when he is looked for.
    for (let round = 0; round < catchUpRounds; round += 1) {
      const before = newest;
      newest = newestPid();
      if (newest === before) break;
      await inSlices(newerPids(before, newest), (pid) => {
        if (!processes.has(pid) && !isThread(pid)) visit(pid);
      });
    }
    await settle(unsettled, take);
    this.#known = known;
    return { bootId: this.bootId, processes };
  }

  async argumentsOf(identities: readonly ProcessIdentity[]): Promise<(readonly string[] | null)[]> {
    const isStill = await this.confirm();
    return Promise.all(
      identities.map(async (identity) => {
        const words = await readArguments(identity.pid);
        return isStill(identity) ? words : null;
      }),
    );
  }

  async ownNumbersOf(identities: readonly ProcessIdentity[]): Promise<(number | null)[]> {
    const numbers: (number | null)[] = [];
    await inSlices(identities, ({ pid }) => void numbers.push(innermostPid(pid)));
    const isStill = await this.confirm();
    return numbers.map((number, index) => {
      const identity = identities[index];
      return identity !== undefined && isStill(identity) ? number : null;
    });
  }

  async runFolderOf(identity: ProcessIdentity): Promise<string | null> {
    const folder = readRunFolder(identity.pid);
    return (await this.confirm())(identity) ? folder : null;
  }

  freeze(request: FreezeRequest, send: SendOne): Promise<Frozen[]> {
    return new LinuxFreeze(this.bootId, request, (stat) => this.#cookieOf(stat), send).run();
  }

  /** One that is between two programs is asked again the next time. */
  #cookieOf(stat: Stat): string | null {
    const known = this.#knownCookieOf(stat);
    if (known !== undefined) return known;
    const read = readCookie(stat.pid);
    if (read === 'unsettled') return null;
    this.#known.set(stat.pid, { line: '', facts: { ...stat, cookie: read.cookie } });
    return read.cookie;
  }

  /** Without a look at its environment; undefined when that is needed. */
  #knownCookieOf(stat: Stat): string | null | undefined {
    const facts = this.#known.get(stat.pid)?.facts;
    const isKnown = facts?.startTime === stat.startTime && facts.name === stat.name;
    if (isKnown) return facts.cookie;
    return stat.state === 'zombie' || isKernelThread(stat) ? null : undefined;
  }
}

/** What was told of a process, and what that was made into. */
interface Known {
  readonly line: string;
  readonly facts: ProcessFacts;
}

/** One whose environment read as empty. */
interface Unsettled {
  readonly line: string;
  readonly stat: Stat;
}

/**
 * Reads again, until they tell, those whose environment read as empty: taken for "no cookie", one that was caught between
 * two programs would never be recognised. Who really has none is believed after a moment, once.
 */
async function settle(
  unsettled: readonly Unsettled[],
  take: (line: string, facts: ProcessFacts) => void,
): Promise<void> {
  const begun = performance.now();
  for (let waiting = unsettled; waiting.length > 0;) {
    await sleep(1);
    const waited = performance.now() - begun;
    waiting = waiting.filter(({ stat: { pid, startTime } }) => {
      const line = readStatLine(pid);
      const stat = line === null ? null : parseStat(line);
      if (line === null || stat === null || stat.startTime !== startTime) return false;
      const read = stat.state === 'zombie' ? { cookie: null } : readCookie(pid);
      const limit = isBetweenPrograms(pid) ? betweenProgramsMilliseconds : emptyMilliseconds;
      if (read === 'unsettled' && waited < limit) return true;
      take(line, { ...stat, cookie: read === 'unsettled' ? null : read.cookie });
      return false;
    });
  }
}

/** Processes whose working directory is at or below the folder, which must have its links resolved. */
async function occupantsOf(directory: string): Promise<Occupant[]> {
  const occupants: Occupant[] = [];
  await inSlices(listedPids(), (pid) => {
    try {
      const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
      if (workingDirectory !== directory && !workingDirectory.startsWith(`${directory}/`)) return;
    } catch {
      return;
    }
    const stat = readStat(pid);
    if (stat !== null && stat.state === 'alive') occupants.push({ pid: stat.pid, name: stat.name });
  });
  return occupants;
}
