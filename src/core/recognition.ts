import type { RunRoots } from './membership.ts';
import { identityIn, isSignallablePid, keyOf, type ProcessFacts } from './process-identity.ts';

/**
 * Tells at once, for one process after another, whose it is: the rules of `assignMembers` for those who cannot wait for a
 * whole look. Whoever is met before his parent was recognised is not known yet, so meet everyone again until nobody new
 * is found.
 */
export class Recognition {
  readonly #bootId: string;
  readonly #spared: ReadonlySet<number>;
  readonly #byRoot = new Map<string, RunRoots>();
  readonly #byCookie = new Map<string, RunRoots>();
  readonly #bySight = new Map<string, RunRoots>();
  /** `<pid> <run id>` of everyone known of this boot, gone or not. */
  readonly #formerPids = new Set<string>();
  /** Everyone recognised so far, by pid. */
  readonly #owners = new Map<number, { readonly startTime: string; readonly run: RunRoots }>();
  readonly #groups: Gatherings = new Map();
  readonly #sessions: Gatherings = new Map();

  /**
   * @param runs every run that is not over, so that each gets its own
   * @param spared pids that are never members, whatever they carry
   */
  constructor(bootId: string, runs: readonly RunRoots[], spared: ReadonlySet<number>) {
    this.#bootId = bootId;
    this.#spared = spared;
    for (const run of runs) {
      this.#byCookie.set(run.runId, run);
      for (const key of run.seen) this.#knowBySight(key, run);
      for (const root of [run.wrapper, run.command]) {
        if (root === null) continue;
        this.#byRoot.set(keyOf(root), run);
        this.#knowBySight(keyOf(root), run);
      }
    }
  }

  /**
   * @param startTimeOf of whoever is alive under a number right now; undefined when nobody is. Asked before a number is
   * taken for a process that was met: it may have been given out again
   * @returns whose it is; undefined when nobody's, a zombie, or not known yet
   */
  meet(facts: ProcessFacts, startTimeOf: StartTimeOf): RunRoots | undefined {
    if (facts.state === 'zombie' || this.#spared.has(facts.pid) || !isSignallablePid(facts.pid)) return undefined;
    const run = this.#ownClaim(facts) ?? this.#inherited(facts, startTimeOf);
    if (run === undefined) {
      this.#owners.delete(facts.pid);
      return undefined;
    }
    this.#owners.set(facts.pid, { startTime: facts.startTime, run });
    if (this.#made(facts.groupId, run, startTimeOf)) this.#groups.set(facts.groupId, { witness: facts, run });
    if (this.#made(facts.sessionId, run, startTimeOf)) this.#sessions.set(facts.sessionId, { witness: facts, run });
    return run;
  }

  /** It was gone before it could be told apart for certain. */
  forget(pid: number): void {
    this.#owners.delete(pid);
  }

  #knowBySight(key: string, run: RunRoots): void {
    this.#bySight.set(key, run);
    const [bootId, pid] = key.split('/');
    if (bootId === this.#bootId) this.#formerPids.add(`${pid} ${run.runId}`);
  }

  #ownClaim(facts: ProcessFacts): RunRoots | undefined {
    const key = keyOf(identityIn({ bootId: this.#bootId }, facts));
    return this.#byRoot.get(key) ?? this.#byCookie.get(facts.cookie ?? '') ?? this.#bySight.get(key);
  }

  #inherited(facts: ProcessFacts, startTimeOf: StartTimeOf): RunRoots | undefined {
    const parent = this.#owners.get(facts.parentPid);
    if (parent !== undefined) {
      if (startTimeOf(facts.parentPid) === parent.startTime) return parent.run;
      this.#owners.delete(facts.parentPid);
    }
    const known = this.#owners.get(facts.pid);
    // Once recognised by a parent who is gone since, it stays recognised.
    if (known?.startTime === facts.startTime) return known.run;
    return (
      inGathering(this.#groups, facts.groupId, startTimeOf) ?? inGathering(this.#sessions, facts.sessionId, startTimeOf)
    );
  }

  /**
   * The kernel does not give the number of a group out again while anyone is inside (see membership.ts). A maker who is
   * still there is judged by what it is, only one that is gone by what was seen of it.
   */
  #made(gathering: number, run: RunRoots, startTimeOf: StartTimeOf): boolean {
    const startTime = startTimeOf(gathering);
    if (startTime === undefined) return this.#formerPids.has(`${gathering} ${run.runId}`);
    const maker = this.#owners.get(gathering);
    return maker?.run === run && maker.startTime === startTime;
  }
}

type StartTimeOf = (pid: number) => string | undefined;

/** Groups or sessions that a run's process made, by number, each with a recognised process that was met in it. */
type Gatherings = Map<number, { readonly witness: ProcessFacts; readonly run: RunRoots }>;

/** When nobody is left in a group its number may be given to a process of somebody else, who makes it his own group. */
function inGathering(gatherings: Gatherings, number: number, startTimeOf: StartTimeOf): RunRoots | undefined {
  const known = gatherings.get(number);
  if (known === undefined) return undefined;
  if (startTimeOf(known.witness.pid) === known.witness.startTime) return known.run;
  gatherings.delete(number);
  return undefined;
}
