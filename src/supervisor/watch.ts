import { isRetryDue } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { healthNow, observeNow } from './inspect.ts';
import { reconcile } from './reconcile.ts';
import type { World } from './world.ts';

export interface WatchOptions {
  /** Longest time between two looks at the runs. */
  readonly intervalMilliseconds: number;
  /** What to do with a run that is stuck, where its workflow says so. */
  readonly onStuck: (run: Run) => Promise<void>;
  /** Starts a run that failed again. */
  readonly onRetry: (run: Run) => Promise<void>;
}

/** The lease is renewed and exits are looked for at least this often. */
const beatMilliseconds = 1_000;

/** A limit is looked at several times before it is reached, however short it is. */
const looksPerLimit = 6;

/**
 * The periodic watching, leased to one supervisor of all windows and processes: takes exits and vanished processes,
 * goes on with abandoned stops, and keeps what the health is judged by. Those without the lease only try to get it.
 */
export class Watch {
  readonly #world: World;
  readonly #options: WatchOptions;
  readonly #exits = new Map<RunId, { dispose(): void }>();
  /** What was answered once: a run in a state. */
  readonly #acted = new Set<string>();
  #ended: Promise<void> = Promise.resolve();
  #wake: AbortController | null = null;
  #lastLook = -Infinity;
  #holdsLease = false;

  constructor(world: World, options: WatchOptions) {
    this.#world = world;
    this.#options = options;
  }

  get holdsLease(): boolean {
    return this.#holdsLease;
  }

  start(): void {
    this.#ended = this.#watch();
  }

  /** Resolves when the watching has ended, after the supervisor was disposed of. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async #watch(): Promise<void> {
    const { disposed, diagnostics } = this.#world;
    while (!disposed.aborted) {
      try {
        this.#holdsLease = await this.#hold();
        if (this.#holdsLease) await this.#look();
      } catch (error) {
        if (!disposed.aborted) diagnostics.failed('watching the runs', error);
      }
      await this.#pause();
    }
    for (const exit of this.#exits.values()) exit.dispose();
    if (!this.#holdsLease) return;
    const { store, executor } = this.#world;
    await store
      .releaseLease(executor.self)
      .catch((error: unknown) => diagnostics.failed('giving back the lease', error));
  }

  async #hold(): Promise<boolean> {
    const { store, executor, clock } = this.#world;
    const holder = await store.leaseHolder();
    const gone = holder !== null && !(await executor.isAlive(holder));
    return store.holdLease(executor.self, clock.now(), gone ? holder : null);
  }

  async #pause(): Promise<void> {
    this.#wake = new AbortController();
    await this.#world.clock
      .sleep(beatMilliseconds, AbortSignal.any([this.#wake.signal, this.#world.disposed]))
      .catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { clock, store } = this.#world;
    await reconcile(this.#world);
    const active = await store.activeRuns();
    this.#listenForExits(active);
    const now = clock.monotonic();
    const limits = active.map(({ workflow }) => (workflow.stuckAfterMinutes * 60_000) / looksPerLimit);
    if (now - this.#lastLook < Math.min(this.#options.intervalMilliseconds, ...limits)) return;
    this.#lastLook = now;
    await this.#observe(active.filter(({ status }) => status === 'running'));
    await this.#retry();
  }

  /** Whether a failure was answered is read from the runs themselves, so that a new watcher neither forgets nor repeats. */
  async #retry(): Promise<void> {
    const { runs } = await this.#world.store.runs({});
    const replaced = new Set(runs.map(({ restartedFrom }) => restartedFrom));
    for (const run of runs) {
      if (!isRetryDue(run, this.#world.clock.now(), replaced.has(run.runId)) || this.#hasActed(run)) continue;
      this.#act(run, this.#options.onRetry);
    }
  }

  async #observe(runs: readonly Run[]): Promise<void> {
    const { members, store, clock } = this.#world;
    if (runs.length === 0) return;
    const found = await members.look();
    const looks = await Promise.all(
      runs.map(async (run) => ({ run, observation: await observeNow(this.#world, run, found.get(run.runId) ?? []) })),
    );
    const at = clock.now();
    await store.recordLooks(looks.map(({ run, observation }) => ({ runId: run.runId, at, observation })));
    for (const { run, observation } of looks) {
      if (run.process !== null) this.#actOnHealth({ ...run, process: { ...run.process, observation } });
    }
  }

  #actOnHealth(run: Run): void {
    if (run.workflow.onStuck === 'notify' || this.#hasActed(run)) return;
    if (healthNow(this.#world, run).level !== 'critical') return;
    this.#act(run, this.#options.onStuck);
  }

  #hasActed(run: Run): boolean {
    return this.#acted.has(`${run.status} ${run.runId}`);
  }

  #act(run: Run, action: (run: Run) => Promise<void>): void {
    this.#acted.add(`${run.status} ${run.runId}`);
    action(run).catch((error: unknown) => this.#world.diagnostics.failed(`acting on ${run.runId}`, error));
  }

  /** The system tells of an exit within a millisecond where it can; the beat finds it anyway. */
  #listenForExits(active: readonly Run[]): void {
    const running = new Set(active.filter(({ status }) => status === 'running').map(({ runId }) => runId));
    for (const [runId, exit] of this.#exits) {
      if (running.has(runId)) continue;
      exit.dispose();
      this.#exits.delete(runId);
    }
    for (const runId of running) {
      if (this.#exits.has(runId)) continue;
      this.#exits.set(
        runId,
        this.#world.folders.watchExit(runId, () => this.#wake?.abort()),
      );
    }
  }
}
