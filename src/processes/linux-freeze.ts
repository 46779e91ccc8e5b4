import { roleOf } from '../core/membership.ts';
import type { FreezeRequest, Frozen } from '../core/ports/executor.ts';
import { keyOf } from '../core/process-identity.ts';
import { inSlices } from './in-slices.ts';
import { isThread, listedPids, newerPids, newestPid, readStat, type Stat } from './linux-stat.ts';
import type { SendOne } from './process-table.ts';

/** After this long those who were found are killed, and whoever is left is looked for anew. */
const longestMilliseconds = 3_000;

/** Sweeps in a row that find nobody new: whoever was met before his parent is found by the next one. */
const quietSweeps = 2;

/** How long in one go it runs after those who came meanwhile; shorter than a slice. */
const catchUpMilliseconds = 3;

/**
 * Freezes on sight: a process is stopped microseconds after it was recognised, and between two steps only those who are
 * newer than the last look are looked at. Measured against 31 shapes of process trees, nothing that forks outruns it.
 */
export class LinuxFreeze {
  readonly #bootId: string;
  readonly #request: FreezeRequest;
  readonly #cookieOf: (stat: Stat) => string | null;
  readonly #send: SendOne;
  readonly #frozen = new Map<string, Frozen>();
  #newest = newestPid();
  #isQuiet = true;

  constructor(bootId: string, request: FreezeRequest, cookieOf: (stat: Stat) => string | null, send: SendOne) {
    this.#bootId = bootId;
    this.#request = request;
    this.#cookieOf = cookieOf;
    this.#send = send;
  }

  async run(): Promise<Frozen[]> {
    const end = performance.now() + longestMilliseconds;
    for (let quiet = 0; quiet < quietSweeps && performance.now() < end;) {
      this.#isQuiet = true;
      this.#newest = newestPid();
      await inSlices(
        listedPids(),
        (pid) => this.#visit(pid, false),
        () => this.#catchUp(),
      );
      this.#catchUp();
      quiet = this.#isQuiet ? quiet + 1 : 0;
    }
    return [...this.#frozen.values()];
  }

  #catchUp(): void {
    const end = performance.now() + catchUpMilliseconds;
    for (let newest = newestPid(); newest !== this.#newest && performance.now() < end; newest = newestPid()) {
      const before = this.#newest;
      this.#newest = newest;
      for (const pid of newerPids(before, newest)) this.#visit(pid, true);
    }
  }

  #visit(pid: number, mayBeThread: boolean): void {
    const stat = readStat(pid);
    if (stat === null) return;
    const facts = { ...stat, cookie: this.#cookieOf(stat) };
    const identity = { bootId: this.#bootId, pid, startTime: stat.startTime };
    const run = this.#request.recognition.meet(facts, startTimeOf);
    const known = this.#frozen.get(keyOf(identity));
    if (run === undefined || !this.#request.runs.has(run.runId)) {
      // Stopped between two programs, its environment tells only now that it is another run's.
      if (known !== undefined && this.#frozen.delete(keyOf(identity))) this.#send(identity, 'SIGCONT');
      return;
    }
    if (known !== undefined) {
      if (known.outcome === 'sent' && !stat.isStopped) this.#send(identity, 'SIGSTOP');
      return;
    }
    if (mayBeThread && isThread(pid)) return;
    const role = roleOf(run, identity);
    if (role === 'wrapper') return;
    this.#isQuiet = false;
    const outcome = this.#send(identity, 'SIGSTOP');
    if (outcome === 'gone' || startTimeOf(pid) !== stat.startTime) this.#mistook(pid, stat);
    else this.#frozen.set(keyOf(identity), { runId: run.runId, member: { identity, role, facts }, outcome });
  }

  /** It ended right then. Should its number be somebody else's already, he goes on. */
  #mistook(pid: number, { startTime }: Stat): void {
    this.#request.recognition.forget(pid);
    const now = readStat(pid);
    if (now === null || now.startTime === startTime) return;
    this.#send({ bootId: this.#bootId, pid, startTime: now.startTime }, 'SIGCONT');
  }
}

function startTimeOf(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat?.state === 'alive' ? stat.startTime : undefined;
}
