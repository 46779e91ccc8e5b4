import {
  keyOf,
  type ProcessFacts,
  type ProcessIdentity,
  type ProcessSnapshot,
  identityIn,
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
}

export type Role = 'wrapper' | 'command' | 'member';

export interface Member {
  readonly identity: ProcessIdentity;
  readonly role: Role;
  readonly facts: ProcessFacts;
}

/**
 * Assigns the processes of a snapshot to runs. A process belongs to a run when it, in this order,
 * was seen to belong before; is the run's wrapper or command; carries the run's cookie; descends from a member; or is
 * in a group or session whose leader was a member while a verified member is still in it.
 *
 * One process belongs to one run at most: a run that was started from within another is its own.
 * Zombies hold a number and nothing else and are left out.
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

function roleOf(run: RunRoots, identity: ProcessIdentity): Role {
  const key = keyOf(identity);
  if (run.wrapper !== null && keyOf(run.wrapper) === key) return 'wrapper';
  if (run.command !== null && keyOf(run.command) === key) return 'command';
  return 'member';
}

class Owners {
  readonly #snapshot: ProcessSnapshot;
  readonly #spared: ReadonlySet<number>;
  readonly #byCookie = new Map<string, RunRoots>();
  readonly #byIdentity = new Map<string, RunRoots>();
  /** Decided so far; undefined is a decision too. */
  readonly #decided = new Map<number, RunRoots | undefined>();

  constructor(snapshot: ProcessSnapshot, runs: readonly RunRoots[], spared: ReadonlySet<number>) {
    this.#snapshot = snapshot;
    this.#spared = spared;
    for (const run of runs) {
      this.#byCookie.set(run.runId, run);
      for (const key of run.seen) this.#byIdentity.set(key, run);
      for (const root of [run.wrapper, run.command]) if (root !== null) this.#byIdentity.set(keyOf(root), run);
    }
    for (const facts of snapshot.processes.values()) this.#decideByAncestry(facts);
    this.#addGroupsAndSessions();
  }

  of(facts: ProcessFacts): RunRoots | undefined {
    return this.#decided.get(facts.pid);
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
      if (owner !== undefined || this.#spared.has(facts.pid)) break;
      facts = this.#snapshot.processes.get(facts.parentPid);
    }
    for (const link of chain) this.#decided.set(link.pid, this.#spared.has(link.pid) ? undefined : owner);
  }

  #ownClaim(facts: ProcessFacts): RunRoots | undefined {
    if (this.#spared.has(facts.pid)) return undefined;
    const known = this.#byIdentity.get(keyOf(identityIn(this.#snapshot, facts)));
    if (known !== undefined) return known;
    return facts.cookie === null ? undefined : this.#byCookie.get(facts.cookie);
  }

  /**
   * The number of a group or session is the pid of the process that made it, and the kernel does not give that pid out
   * again while anyone is inside. So a group is a run's when its maker was a member (or is known from earlier looks)
   * and a verified member is in it now; a number that was merely stored proves nothing.
   */
  #addGroupsAndSessions(): void {
    const seenPids = new Map<number, RunRoots>();
    for (const [key, run] of this.#byIdentity) {
      const [bootId, pid] = key.split('/');
      if (bootId === this.#snapshot.bootId) seenPids.set(Number(pid), run);
    }
    const groups = new Map<number, RunRoots>();
    const sessions = new Map<number, RunRoots>();
    for (const facts of this.#snapshot.processes.values()) {
      const owner = this.#decided.get(facts.pid);
      if (owner === undefined) continue;
      if (this.#madeBy(facts.groupId, owner, seenPids)) groups.set(facts.groupId, owner);
      if (this.#madeBy(facts.sessionId, owner, seenPids)) sessions.set(facts.sessionId, owner);
    }
    for (const facts of this.#snapshot.processes.values()) {
      if (this.#decided.get(facts.pid) !== undefined || this.#spared.has(facts.pid)) continue;
      const owner = groups.get(facts.groupId) ?? sessions.get(facts.sessionId);
      if (owner !== undefined) this.#decided.set(facts.pid, owner);
    }
  }

  #madeBy(maker: number, owner: RunRoots, seenPids: ReadonlyMap<number, RunRoots>): boolean {
    if (maker <= 1) return false;
    return this.#decided.get(maker) === owner || seenPids.get(maker) === owner;
  }
}
