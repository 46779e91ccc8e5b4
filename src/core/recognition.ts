import type { RunRoots } from './membership.ts';
import { identityIn, isSignallablePid, keyOf, type ProcessFacts, type ProcessIdentity } from './process-identity.ts';

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
  /** Groups and sessions that a run's process made and that a recognised process is in. */
  readonly #groups = new Map<number, RunRoots>();

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
   * @param isStill asked before a parent's number is taken for the parent that was met: it may be given out again
   * @returns whose it is; undefined when nobody's, a zombie, or not known yet
   */
  meet(facts: ProcessFacts, isStill: (identity: ProcessIdentity) => boolean): RunRoots | undefined {
    if (facts.state === 'zombie' || this.#spared.has(facts.pid) || !isSignallablePid(facts.pid)) return undefined;
    const run = this.#ownClaim(facts) ?? this.#inherited(facts, isStill);
    if (run === undefined) {
      this.#owners.delete(facts.pid);
      return undefined;
    }
    this.#owners.set(facts.pid, { startTime: facts.startTime, run });
    for (const group of [facts.groupId, facts.sessionId]) if (this.#made(group, run)) this.#groups.set(group, run);
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

  #inherited(facts: ProcessFacts, isStill: (identity: ProcessIdentity) => boolean): RunRoots | undefined {
    const parent = this.#owners.get(facts.parentPid);
    if (parent !== undefined) {
      if (isStill({ bootId: this.#bootId, pid: facts.parentPid, startTime: parent.startTime })) return parent.run;
      this.#owners.delete(facts.parentPid);
    }
    const known = this.#owners.get(facts.pid);
    // Once recognised by a parent who is gone since, it stays recognised.
    if (known?.startTime === facts.startTime) return known.run;
    return this.#groups.get(facts.groupId) ?? this.#groups.get(facts.sessionId);
  }

  /** The kernel does not give the number of a group out again while anyone is inside (see membership.ts). */
  #made(group: number, run: RunRoots): boolean {
    return this.#owners.get(group)?.run === run || this.#formerPids.has(`${group} ${run.runId}`);
  }
}
