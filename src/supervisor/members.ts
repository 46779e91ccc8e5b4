import { assignMembers, goneOf, type Member, type RunRoots } from '../core/membership.ts';
import type { Executor, Frozen } from '../core/ports/executor.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { ActiveProcesses, Store } from '../core/ports/store.ts';
import { keyOf, type ProcessIdentity, type ProcessSnapshot, selfAndAncestors } from '../core/process-identity.ts';
import { Recognition } from '../core/recognition.ts';
import type { RunId } from '../core/run-id.ts';
import { SharedRound } from '../core/shared-round.ts';

/** So many may have been seen of a run, and so many for each who is alive, before anybody is forgotten. */
const seenAtLeast = 100;
const seenPerMember = 4;

interface KnownRun {
  readonly roots: RunRoots;
  readonly controlGroup: string | null;
  readonly isForced: boolean;
  /** The same set as in the roots, to be added to. */
  readonly seen: Set<string>;
}

/**
 * Who belongs to which run, at every look, for all runs at once. What was seen is kept in memory and in the database;
 * when the database cannot be read or written the kill goes on with what is in memory.
 */
export class Members {
  readonly #store: Store;
  readonly #executor: Executor;
  readonly #diagnostics: Diagnostics;
  #roots = new Map<RunId, KnownRun>();
  #version = -1;
  /** Of runs of which many were seen: who was gone at the look before. */
  readonly #gone = new Map<RunId, ReadonlySet<string>>();
  /** For the next round. */
  #toFreeze = new Set<RunId>();
  readonly #freezes = new SharedRound(() => this.#freezeAll());
  /** Many who kill at once share a look with all that it takes: the rows that were read, the sweep, the assignment. */
  readonly #looks = new SharedRound(() => this.#look());
  #last: { readonly snapshot: ProcessSnapshot; readonly members: ReadonlyMap<RunId, readonly Member[]> } | null = null;

  constructor(store: Store, executor: Executor, diagnostics: Diagnostics) {
    this.#store = store;
    this.#executor = executor;
    this.#diagnostics = diagnostics;
  }

  /** One fresh look. @returns the members of each active run that has any */
  look(): Promise<ReadonlyMap<RunId, readonly Member[]>> {
    return this.#looks.join();
  }

  async of(runId: RunId): Promise<readonly Member[]> {
    return (await this.look()).get(runId) ?? [];
  }

  /** Whether the stop of a run was forced by the last look. When nothing can be read, what was known holds. */
  isForced(runId: RunId): boolean {
    return this.#roots.get(runId)?.isForced ?? false;
  }

  /** Whoever began it knows that a process is of a run, whatever a look can tell of it. */
  async begun(runId: RunId, identity: ProcessIdentity): Promise<void> {
    await this.#refresh();
    await this.#remember(new Map([[runId, [{ identity }]]]));
  }

  /** Freezes everyone of a run (see Executor). Who asks while a round is under way shares the next one. */
  async freeze(runId: RunId): Promise<readonly Frozen[]> {
    this.#toFreeze.add(runId);
    return (await this.#freezes.join()).filter((frozen) => frozen.runId === runId);
  }

  async #look(): Promise<ReadonlyMap<RunId, readonly Member[]>> {
    await this.#refresh();
    const snapshot = await this.#executor.look();
    const spared = selfAndAncestors(snapshot, this.#executor.self.pid);
    // After the look: a number that is given out again in between then stands for somebody who is gone.
    const enclosed = await this.#executor.enclosed(this.#controlGroups());
    const roots = Array.from(this.#roots.values(), (run) => ({
      ...run.roots,
      enclosed: enclosed.get(run.roots.runId) ?? run.roots.enclosed,
    }));
    const members = assignMembers(snapshot, roots, spared);
    this.#last = { snapshot, members };
    await this.#remember(members);
    await this.#forgetGone(snapshot, members);
    return members;
  }

  /** Where a run has a control group of its own and, as of the last look, nobody of another run is in it. */
  async killControlGroup(runId: RunId): Promise<void> {
    const controlGroup = this.#roots.get(runId)?.controlGroup ?? null;
    if (controlGroup === null) return;
    const enclosed = (await this.#executor.enclosed(new Map([[runId, controlGroup]]))).get(runId);
    const others = Array.from(this.#last?.members ?? []).filter(([other]) => other !== runId);
    if (others.some(([, members]) => members.some(({ identity }) => enclosed?.has(identity.pid)))) return;
    await this.#executor.killControlGroup(runId, controlGroup);
  }

  #controlGroups(): Map<RunId, string> {
    return new Map(
      Array.from(this.#roots.values()).flatMap(({ roots: { runId }, controlGroup }) =>
        controlGroup === null ? [] : [[runId, controlGroup]],
      ),
    );
  }

  async #freezeAll(): Promise<readonly Frozen[]> {
    const runs = this.#toFreeze;
    this.#toFreeze = new Set();
    await this.#refresh();
    const roots = Array.from(this.#roots.values(), (entry) => entry.roots);
    const { self } = this.#executor;
    // Who our ancestors are does not change but by their death.
    const snapshot = this.#last?.snapshot ?? (await this.#executor.look());
    const recognition = new Recognition(self.bootId, roots, selfAndAncestors(snapshot, self.pid));
    const frozen = await this.#executor.freeze({ recognition, runs });
    const byRun = Map.groupBy(frozen, ({ runId }) => runId);
    await this.#remember(new Map(Array.from(byRun, ([runId, some]) => [runId, some.map(({ member }) => member)])));
    return frozen;
  }

  async #refresh(): Promise<void> {
    try {
      const version = this.#store.runsVersion();
      if (version === this.#version) return;
      const roots = new Map<RunId, KnownRun>();
      for (const { runId, wrapper, command, controlGroup, isForced } of await this.#active()) {
        const seen = this.#roots.get(runId)?.seen ?? new Set(await this.#store.seen(runId));
        roots.set(runId, {
          roots: {
            runId,
            wrapper,
            command,
            seen,
            enclosed: new Set(),
          },
          seen,
          controlGroup,
          isForced,
        });
      }
      this.#roots = roots;
      for (const runId of this.#gone.keys()) if (!roots.has(runId)) this.#gone.delete(runId);
      this.#version = version;
    } catch (error) {
      this.#diagnostics.failed('reading the runs before a look', error);
    }
  }

  /** With the numbers that their processes have here. */
  async #active(): Promise<readonly ActiveProcesses[]> {
    const active = await this.#store.activeProcesses();
    return Promise.all(
      active.map(async (run) => {
        const [wrapper, command] = await Promise.all([this.#here(run.wrapper), this.#here(run.command)]);
        return { ...run, wrapper, command };
      }),
    );
  }

  /** One of a sandbox below us has another number here. */
  async #here(identity: ProcessIdentity | null): Promise<ProcessIdentity | null> {
    return identity === null ? null : ((await this.#executor.locate(identity)) ?? identity);
  }

  /**
   * A run may start a process every second for days: those who are gone are forgotten once they are many, and were found
   * gone by two looks.
   */
  async #forgetGone(snapshot: ProcessSnapshot, members: ReadonlyMap<RunId, readonly Member[]>): Promise<void> {
    const forgotten = new Map<RunId, readonly string[]>();
    for (const [runId, { seen }] of this.#roots) {
      const count = members.get(runId)?.length ?? 0;
      // Of one that nobody is left of nothing has to be remembered for long, and a kill waits for this look.
      if (count === 0 || seen.size <= seenAtLeast + seenPerMember * count) continue;
      const gone = goneOf(snapshot, seen);
      const before = this.#gone.get(runId);
      const twice = before === undefined ? [] : [...gone].filter((key) => before.has(key));
      this.#gone.set(runId, gone);
      if (twice.length > 0) forgotten.set(runId, twice);
    }
    if (forgotten.size === 0) return;
    for (const [runId, keys] of forgotten) for (const key of keys) this.#roots.get(runId)?.seen.delete(key);
    try {
      await this.#store.forgetSeen(forgotten);
    } catch (error) {
      this.#diagnostics.failed('forgetting who is gone', error);
    }
  }

  async #remember(members: ReadonlyMap<RunId, readonly Pick<Member, 'identity'>[]>): Promise<void> {
    const fresh = new Map<RunId, readonly string[]>();
    for (const [runId, list] of members) {
      const seen = this.#roots.get(runId)?.seen;
      if (seen === undefined) continue;
      const keys = list.map(({ identity }) => keyOf(identity)).filter((key) => !seen.has(key));
      if (keys.length > 0) fresh.set(runId, keys);
      for (const key of keys) seen.add(key);
    }
    if (fresh.size === 0) return;
    try {
      await this.#store.addSeen(fresh);
    } catch (error) {
      this.#diagnostics.failed('keeping who was seen', error);
    }
  }
}
