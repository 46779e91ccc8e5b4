import {
  keyOf,
  type ProcessFacts,
  type ProcessIdentity,
  type ProcessSnapshot,
  identityIn,
  isSameProcess,
  isSignallablePid,
  pidIn,
} from './process-identity.ts';
import type { RunId } from './run-id.ts';

/** What is known of a run before a look: its first two processes and everyone who was seen to belong to it. */
export interface RunRoots {
  readonly runId: RunId;
  /** The small program beside the run that records its exit. */
  readonly wrapper: ProcessIdentity | null;
  readonly command: ProcessIdentity | null;
  /** Ledger: identities seen to belong at earlier looks, as `keyOf` gives them. */
  readonly seen: ReadonlySet<string>;
  /** Pids in the run's own control group, read after the look: who was seen under such a number is gone, or is in it. */
  readonly enclosed: ReadonlySet<number>;
}

export type Role = 'wrapper' | 'command' | 'member';

export interface Member {
  readonly identity: ProcessIdentity;
  readonly role: Role;
  readonly facts: ProcessFacts;
}

/**
 * Assigns the processes of a snapshot to runs. A process belongs to a run when it, in this order,
 * is the run's wrapper or command; carries the run's cookie; was seen to belong before; is in the run's own control group
 * as its topmost process there; descends from a member; or is in a group or session whose maker was a member while a verified member is still in it.
 *
 * One process belongs to one run at most: a run that was started from within another is its own.
 * Zombies hold a number and nothing else and are left out.
 * @param runs every run that is not over, so that each gets its own
 * @param spared pids that are never members, whatever they carry: ourselves and our ancestors
 * @returns the members of each run that has any, in no particular order
 */
export function assignMembers(
  snapshot: ProcessSnapshot,
  runs: readonly RunRoots[],
  spared: ReadonlySet<number>,
): Map<RunId, Member[]> {
  const owners = new Owners(snapshot, runs, spared);
  const members = new Map<RunId, Member[]>();
  for (const facts of snapshot.processes.values()) {
    if (facts.state === 'zombie') continue;
    const run = owners.of(facts);
    if (run === undefined) continue;
    const identity = identityIn(snapshot, facts);
    const list = members.get(run.runId) ?? [];
    list.push({ identity, facts, role: roleOf(run, identity) });
    members.set(run.runId, list);
  }
  return members;
}

/**
 * Who of those that were seen to belong to a run is gone and recognises nobody any more: its pid names no group or session
 * that somebody is in.
 */
export function goneOf(snapshot: ProcessSnapshot, seen: Iterable<string>): Set<string> {
  const { processes } = snapshot;
  const inUse = new Set<number>();
  for (const { groupId, sessionId } of processes.values()) inUse.add(groupId).add(sessionId);
  const gone = new Set<string>();
  for (const key of seen) {
    const pid = pidIn(key);
    const facts = processes.get(pid);
    const isThere = facts !== undefined && keyOf(identityIn(snapshot, facts)) === key;
    if (!isThere && !inUse.has(pid)) gone.add(key);
  }
  return gone;
}

export function roleOf(run: RunRoots, identity: ProcessIdentity): Role {
  // Where one program is both, it is the command: it is told to end, not spared.
  if (run.command !== null && isSameProcess(run.command, identity)) return 'command';
  if (run.wrapper !== null && isSameProcess(run.wrapper, identity)) return 'wrapper';
  return 'member';
}

class Owners {
  readonly #snapshot: ProcessSnapshot;
  readonly #spared: ReadonlySet<number>;
  /** First processes, by the pid of each: identities are compared, since a key for each process and look costs more. */
  readonly #byRoot = new Map<number, { readonly root: ProcessIdentity; readonly run: RunRoots }[]>();
  readonly #byCookie = new Map<string, RunRoots>();
  readonly #bySight = new Map<string, RunRoots>();
  readonly #byEnclosure = new Map<number, RunRoots>();
  /** Decided so far; undefined is a decision too. */
  #decided = new Map<number, RunRoots | undefined>();
  /** `<pid> <run id>` of everyone known of this boot, gone or not; made when first needed, which is rare. */
  #formerPids: Set<string> | null = null;
  /** Pids that only their group or session tells to be a run's. */
  readonly #byGroup = new Map<number, RunRoots>();

  constructor(snapshot: ProcessSnapshot, runs: readonly RunRoots[], spared: ReadonlySet<number>) {
    this.#snapshot = snapshot;
    this.#spared = spared;
    for (const run of runs) {
      this.#byCookie.set(run.runId, run);
      for (const key of run.seen) this.#bySight.set(key, run);
      for (const pid of run.enclosed) this.#byEnclosure.set(pid, run);
      for (const root of [run.wrapper, run.command]) if (root !== null) this.#addRoot(root, run);
    }
    // Whoever a group brings in may have children elsewhere, and they may have made groups again.
    do {
      this.#decided = new Map();
      for (const facts of snapshot.processes.values()) this.#decideByAncestry(facts);
    } while (this.#findMoreByGroup());
  }

  of(facts: ProcessFacts): RunRoots | undefined {
    return this.#decided.get(facts.pid);
  }

  #addRoot(root: ProcessIdentity, run: RunRoots): void {
    const roots = this.#byRoot.get(root.pid);
    if (roots === undefined) this.#byRoot.set(root.pid, [{ root, run }]);
    else roots.push({ root, run });
  }

  #isSpared(pid: number): boolean {
    return this.#spared.has(pid) || !isSignallablePid(pid);
  }

  /** Climbs until somebody's owner is known, then hands it down the whole chain: each process is decided once. */
  #decideByAncestry(start: ProcessFacts): void {
    const chain: ProcessFacts[] = [];
    const climbed = new Set<number>();
    let owner: RunRoots | undefined;
    let facts: ProcessFacts | undefined = start;
    while (facts !== undefined && !climbed.has(facts.pid)) {
      if (this.#decided.has(facts.pid)) {
        owner = this.#decided.get(facts.pid);
        break;
      }
      climbed.add(facts.pid);
      chain.push(facts);
      owner = this.#ownClaim(facts);
      if (owner !== undefined || this.#isSpared(facts.pid)) break;
      facts = this.#snapshot.processes.get(facts.parentPid);
    }
    for (const link of chain) this.#decided.set(link.pid, this.#isSpared(link.pid) ? undefined : owner);
  }

  #ownClaim(facts: ProcessFacts): RunRoots | undefined {
    if (this.#isSpared(facts.pid)) return undefined;
    const identity = identityIn(this.#snapshot, facts);
    return (
      this.#byRoot.get(facts.pid)?.findLast(({ root }) => isSameProcess(root, identity))?.run ??
      this.#byCookie.get(facts.cookie ?? '') ??
      this.#bySight.get(keyOf(identity)) ??
      this.#enclosing(facts) ??
      this.#byGroup.get(facts.pid)
    );
  }

  /**
   * Within one control group descent decides, since a run that was started from within another may have none of its own;
   * it begins anew where that group does, since the subreaper of the outer run adopts what the inner one leaves.
   */
  #enclosing({ pid, parentPid }: ProcessFacts): RunRoots | undefined {
    const run = this.#byEnclosure.get(pid);
    const isTopmost = this.#byEnclosure.get(parentPid) !== run || !this.#snapshot.processes.has(parentPid);
    return isTopmost ? run : undefined;
  }

  /**
   * The number of a group or session is the pid of the process that made it, and the kernel does not give that pid out
   * again while anyone is inside. So a group is a run's when its maker was a member (or is known from earlier looks)
   * and a verified member is in it now; a number that was merely stored proves nothing.
   * @returns whether somebody was found
   */
  #findMoreByGroup(): boolean {
    const groups = new Map<number, RunRoots>();
    const sessions = new Map<number, RunRoots>();
    for (const facts of this.#snapshot.processes.values()) {
      const owner = this.#decided.get(facts.pid);
      if (owner === undefined) continue;
      if (this.#made(facts.groupId, owner)) groups.set(facts.groupId, owner);
      if (this.#made(facts.sessionId, owner)) sessions.set(facts.sessionId, owner);
    }
    const before = this.#byGroup.size;
    for (const facts of this.#snapshot.processes.values()) {
      if (this.#decided.get(facts.pid) !== undefined || this.#isSpared(facts.pid)) continue;
      const owner = groups.get(facts.groupId) ?? sessions.get(facts.sessionId);
      if (owner !== undefined) this.#byGroup.set(facts.pid, owner);
    }
    return this.#byGroup.size > before;
  }

  /** A maker that is still there is judged by what it is; only one that is gone by what was seen of it. */
  #made(maker: number, owner: RunRoots): boolean {
    if (this.#snapshot.processes.has(maker)) return this.#decided.get(maker) === owner;
    return this.#hadPid(owner, maker);
  }

  #hadPid(run: RunRoots, pid: number): boolean {
    this.#formerPids ??= new Set([
      ...[...this.#bySight].flatMap(([key, owner]) => {
        const [bootId, formerPid] = key.split('/');
        return bootId === this.#snapshot.bootId ? [`${formerPid} ${owner.runId}`] : [];
      }),
      ...[...this.#byRoot.values()]
        .flat()
        .flatMap(({ root, run: owner }) =>
          root.bootId === this.#snapshot.bootId ? [`${root.pid} ${owner.runId}`] : [],
        ),
    ]);
    return this.#formerPids.has(`${pid} ${run.runId}`);
  }
}
