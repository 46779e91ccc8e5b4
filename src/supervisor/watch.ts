import { isWardenError } from '../core/errors.ts';
import type { Health } from '../core/health.ts';
import { lookInterval } from '../core/look-interval.ts';
import type { Member } from '../core/membership.ts';
import type { Observation } from '../core/observation.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { BackgroundRound } from './background-round.ts';
import { DailyBackup } from './daily-backup.ts';
import { DailyPass } from './daily-pass.ts';
import { Deliveries } from './deliveries.ts';
import { EndedWorktrees } from './ended-worktrees.ts';
import { HealthNotices } from './health-notices.ts';
import { healthNow } from './inspect.ts';
import { observeNow } from './observe-run.ts';
import { PeriodicCheckpoints } from './periodic-checkpoints.ts';
import { PeriodicMeasuring } from './periodic-measuring.ts';
import { queueNow } from './queue-now.ts';
import { takeTurn } from './queued-launches.ts';
import { isInSight } from './sight.ts';
import { reconcile, unsettledOf } from './reconcile.ts';
import { Retries } from './retries.ts';
import { SampleKeeper } from './sample-keeper.ts';
import { takeBackInterrupted } from './take-back-interrupted.ts';
import { WatchLease } from './watch-lease.ts';
import { WarmPools } from './warm-pools.ts';
import type { World } from './world.ts';

export interface WatchOptions {
  /** Longest time between two looks at the runs. */
  readonly intervalMilliseconds: number;
  /** Asked before a run is started again by itself: a face that trusts nothing starts nothing. */
  readonly mayLaunch: () => boolean;
  /** The daily pass removes no worktree that is younger; null for no pass. */
  readonly maxAgeHours: () => number | null;
  /** Ends or restarts a run that has reached a limit, where its workflow says so. */
  readonly onLimit: (run: Run, action: 'kill' | 'restart') => Promise<void>;
  /** Starts a run from the queue, whose turn was taken. */
  readonly onTurn: (run: Run) => Promise<void>;
  /** Starts a run that failed again, or that was ended for that. */
  readonly onRetry: (run: Run) => Promise<void>;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** When the watching ends by itself; never where absent, as in a window. */
  readonly until?: WatchLimits;
}

export interface WatchLimits {
  /** Another command that watches is as good as a window: of several that stand in for closed windows one stays. */
  readonly anyoneElseWatches: boolean;
}

/** Why the watching ended: it was told to, no run is active or about to be retried, or somebody else watches. */
export type WatchEnd = 'interrupted' | 'no_active_run' | 'window_watches' | 'command_watches';

/** A run with what its health is as of a look. */
interface Judged {
  readonly run: Run;
  readonly health: Health;
}

/** The lease is renewed and exits are looked for at least this often. */
const beatMilliseconds = 1_000;

/** How long it may be the turn of a run before somebody else starts it than its launcher, who is alive. */
const chanceMilliseconds = 5_000;

/** Looks in a row without an active run that prove that none is left: a restart begins only after the old run's end. */
const idleLooksThatProve = 2;

/**
 * The periodic watching, leased to one supervisor of all windows and processes: takes exits and vanished processes,
 * goes on with abandoned stops, and keeps what the health is judged by. Those without the lease only try to get it.
 */
export class Watch {
  readonly #world: World;
  readonly #options: WatchOptions;
  readonly #lease: WatchLease;
  readonly #exits = new Map<RunId, { dispose(): void }>();
  /** What was answered once: a run in a state. */
  readonly #acted = new Set<string>();
  /** Answers that are under way. */
  readonly #acts = new Set<Promise<void>>();
  readonly #notices: HealthNotices;
  readonly #deliveries: Deliveries;
  readonly #retries: Retries;
  readonly #ended: Promise<WatchEnd>;
  /** Since when it has been the turn of a run whose launcher is alive. */
  readonly #overdue = new Map<RunId, number>();
  #wake: AbortController | null = null;
  /** The list that was taken note of last. */
  #active: readonly Run[] | null = null;
  #lookEvery = 0;
  #lastLook = -Infinity;
  readonly #looking = new BackgroundRound((error) => {
    this.#failedLook = { error };
  });
  #failedLook: { readonly error: unknown } | null = null;
  /** What this watcher saw of each run, which nobody else writes while it holds the lease. */
  readonly #observed = new Map<RunId, Observation>();
  readonly #samples: SampleKeeper;
  readonly #checkpoints: PeriodicCheckpoints;
  readonly #measuring: PeriodicMeasuring;
  readonly #endedWorktrees: EndedWorktrees;
  readonly #dailyPass: DailyPass;
  readonly #dailyBackup: DailyBackup;
  readonly #pools: WarmPools;
  /** What was cut off before, once. */
  #takingBack: Promise<void> | null = null;
  #idleLooks = 0;
  #told: string | null = null;

  /** Begins to watch. */
  constructor(world: World, options: WatchOptions) {
    this.#world = world;
    this.#options = options;
    this.#lease = new WatchLease(world);
    this.#notices = new HealthNotices(world);
    this.#deliveries = new Deliveries(world);
    this.#retries = new Retries(world);
    this.#samples = new SampleKeeper(world.store);
    this.#checkpoints = new PeriodicCheckpoints(world);
    this.#measuring = new PeriodicMeasuring(world);
    this.#endedWorktrees = new EndedWorktrees(world);
    this.#dailyPass = new DailyPass(world);
    this.#dailyBackup = new DailyBackup(world);
    this.#pools = new WarmPools(world);
    this.#ended = this.#watch();
  }

  get holdsLease(): boolean {
    return this.#lease.isHeld;
  }

  /** Resolves when the watching has ended and the lease, if it was held, was given back. */
  get ended(): Promise<WatchEnd> {
    return this.#ended;
  }

  async #watch(): Promise<WatchEnd> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.#wake?.abort(), { once: true });
    let end: WatchEnd | null = null;
    while (end === null) {
      try {
        await this.#lease.hold();
        if (this.holdsLease) {
          this.#takingBack ??= this.#takeBackInterrupted();
          await this.#attend();
          this.#deliveries.attend();
          this.#dailyBackup.attend();
          this.#cleanUp();
        } else {
          this.#notices.forget();
          await this.#handOver();
        }
        await this.#startQueued();
        end = await this.#endNow();
      } catch (error) {
        if (!signal.aborted) await this.#goOnWithoutLease(error);
      }
      if (end === null) await this.#pause();
      if (signal.aborted) end ??= 'interrupted';
    }
    await this.#looking.settled();
    await this.#checkpoints.settled();
    await this.#measuring.settled();
    await this.#endedWorktrees.settled();
    await this.#dailyPass.settled();
    await this.#dailyBackup.settled();
    await this.#pools.settled();
    await this.#takingBack;
    await this.#handOver().catch((error: unknown) => this.#world.diagnostics.failed('keeping samples', error));
    for (const exit of this.#exits.values()) exit.dispose();
    await this.#deliveries.dispose();
    if (this.holdsLease && end === 'interrupted') await this.#lease.giveBack();
    this.#lease.forget();
    return end;
  }

  /** A face that trusts nothing starts no teardown command either. */
  #cleanUp(): void {
    const { mayLaunch, maxAgeHours } = this.#options;
    if (!mayLaunch()) return;
    this.#endedWorktrees.attend();
    this.#dailyPass.attend(maxAgeHours());
  }

  async #takeBackInterrupted(): Promise<void> {
    try {
      await takeBackInterrupted(this.#world);
    } catch (error) {
      this.#world.diagnostics.failed('taking back what was cut off', error);
    }
  }

  /** Somebody else watches from now on. */
  async #handOver(): Promise<void> {
    this.#observed.clear();
    await this.#samples.write(new Set(), this.#world.clock.now());
  }

  /** Where the database cannot be written nobody holds the lease: what ends is then taken by everyone who watches. */
  async #goOnWithoutLease(error: unknown): Promise<void> {
    const { diagnostics } = this.#world;
    this.#lease.forget();
    // Told once, not at every beat.
    const what = isWardenError(error) ? error.code : String(error);
    if (what !== this.#told) diagnostics.failed('watching the runs', error);
    this.#told = what;
    try {
      await reconcile(this.#world);
    } catch (failure) {
      if (!isWardenError(failure)) diagnostics.failed('looking at the runs', failure);
    }
  }

  async #endNow(): Promise<WatchEnd | null> {
    const { until, mayLaunch } = this.#options;
    // What was begun here is ended here, even while somebody else holds the lease already.
    if (until === undefined || this.#isBusy()) return null;
    if (this.#lease.watcher === 'window') return 'window_watches';
    if (this.#lease.watcher === 'command' && until.anyoneElseWatches) return 'command_watches';
    const { store, executor } = this.#world;
    const isIdle =
      (await store.watchedRuns()).length === 0 &&
      !(mayLaunch() && (await this.#retries.isAwaited((run) => this.#hasActed(run)))) &&
      !(await this.#deliveries.isAwaited());
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks < idleLooksThatProve) return null;
    return (await store.releaseLeaseIfIdle(executor.self)) ? 'no_active_run' : null;
  }

  #isBusy(): boolean {
    const isCleaning = this.#endedWorktrees.isBusy || this.#dailyPass.isBusy;
    return this.#acts.size > 0 || this.#world.carried.size > 0 || this.#deliveries.isSending || isCleaning;
  }

  async #pause(): Promise<void> {
    if (this.#options.signal.aborted) return;
    this.#wake = new AbortController();
    await this.#world.clock.sleep(beatMilliseconds, this.#wake.signal).catch(() => undefined);
  }

  /**
   * One beat. While all runs go on it costs no more than asking whether any has changed, and whether the exit record of
   * one has been written.
   */
  async #attend(): Promise<void> {
    const { clock, store } = this.#world;
    this.#throwFailedLook();
    const active = await store.watchedRuns();
    if (active !== this.#active) await this.#takeNote(active);
    await reconcile(this.#world, await unsettledOf(this.#world, active));
    await this.#retry();
    const now = clock.monotonic();
    if (this.#looking.isUnderWay || now - this.#lastLook < this.#lookEvery) return;
    this.#lastLook = now;
    // Beside the beats: a look that takes long must not cost the lease.
    this.#looking.begin(() => this.#look());
  }

  /** Of runs that began, ended or changed in some way. */
  async #takeNote(active: readonly Run[]): Promise<void> {
    const running = active.filter(isRunning);
    this.#lookEvery = lookInterval(running, this.#options.intervalMilliseconds);
    const runIds = new Set(running.map(({ runId }) => runId));
    for (const runId of this.#observed.keys()) if (!runIds.has(runId)) this.#observed.delete(runId);
    await this.#listenForExits(runIds);
    this.#active = active;
  }

  #throwFailedLook(): void {
    const failed = this.#failedLook;
    this.#failedLook = null;
    if (failed !== null) throw failed.error;
  }

  async #look(): Promise<void> {
    const { members, store } = this.#world;
    const active = await store.watchedRuns();
    if (active.some(isRunning)) {
      const found = await members.look();
      const hasCommand = ({ runId }: Run): boolean => found.get(runId)?.some(({ role }) => role === 'command') === true;
      // One that vanished has written no record.
      await reconcile(
        this.#world,
        active.filter((run) => isRunning(run) && !hasCommand(run)),
      );
      await this.#observe(await this.#seen((await store.watchedRuns()).filter(isRunning)), found);
    }
    this.#checkpoints.attend((await store.watchedRuns()).filter(isRunning));
    this.#measuring.attend(active);
    if (this.#options.mayLaunch()) this.#pools.attend(active);
    await this.#samples.write(new Set(active.map(({ runId }) => runId)), this.#world.clock.now());
    await this.#samples.thin();
    this.#told = null;
  }

  /**
   * Starts the queued runs whose turn it is and with which nobody waits any more. Not leased: where the lease is held by
   * one who starts nothing, others do.
   */
  async #startQueued(): Promise<void> {
    const { store } = this.#world;
    if (!this.#options.mayLaunch() || !(await store.hasQueuedRuns())) return this.#overdue.clear();
    let started: Run | null;
    do {
      started = null;
      const { due, awaited } = await queueNow(this.#world);
      for (const run of due) {
        if (await this.#isLeftToOthers(run)) continue;
        started = await takeTurn(this.#world, run, awaited);
        if (started === null) continue;
        this.#act(started, this.#options.onTurn);
        break;
      }
    } while (started !== null);
  }

  /** Its launcher waits with it; where he is alive but does nothing, as when he was stopped, he has had his chance. */
  async #isLeftToOthers({ runId, launcher }: Run): Promise<boolean> {
    const { executor, clock } = this.#world;
    if (launcher === null || !(await executor.isAlive(launcher))) return false;
    const since = this.#overdue.get(runId) ?? clock.monotonic();
    this.#overdue.set(runId, since);
    return clock.monotonic() - since < chanceMilliseconds;
  }

  async #retry(): Promise<void> {
    if (!this.#options.mayLaunch()) return;
    for (const run of await this.#retries.due()) {
      if (!this.#hasActed(run)) this.#actAsHolder(run, () => this.#makeRetry(run));
    }
  }

  async #makeRetry(run: Run): Promise<void> {
    try {
      await this.#options.onRetry(run);
    } catch (error) {
      this.#retries.failed(run.runId);
      this.#acted.delete(actOf(run));
      throw error;
    }
  }

  /** What cannot be seen from here is not judged by that. */
  async #seen(runs: readonly Run[]): Promise<readonly Run[]> {
    const areInSight = await Promise.all(runs.map((run) => isInSight(this.#world, run)));
    return runs.filter((_, index) => areInSight[index]);
  }

  async #observe(runs: readonly Run[], found: ReadonlyMap<RunId, readonly Member[]>): Promise<void> {
    const { store, executor, clock } = this.#world;
    const intervalMilliseconds = Math.max(this.#options.intervalMilliseconds, this.#lookEvery);
    const looks = await Promise.all(
      runs.map(async (run) => {
        await clock.turn();
        const before = this.#observed.get(run.runId) ?? (await store.run(run.runId))?.process?.observation ?? null;
        const observation = await observeNow(
          this.#world,
          run,
          before,
          found.get(run.runId) ?? [],
          intervalMilliseconds,
        );
        return { runId: run.runId, run, observation };
      }),
    );
    const at = clock.now();
    await store.recordLooks(
      executor.self,
      looks.map(({ runId, observation }) => ({ runId, at, observation })),
    );
    const looked: Judged[] = [];
    for (const { runId, run, observation } of looks) {
      await clock.turn();
      this.#observed.set(runId, observation);
      this.#samples.take(runId, observation, at);
      if (run.process !== null)
        looked.push(withHealth(this.#world, { ...run, process: { ...run.process, observation } }));
    }
    await this.#notices.record(looked).catch((error: unknown) => {
      this.#world.diagnostics.failed('taking down what is to be told', error);
    });
    for (const { run, health } of looked) this.#actOnHealth(run, health);
  }

  #actOnHealth(run: Run, health: Health): void {
    if (this.#hasActed(run)) return;
    const { action } = health;
    if (action === 'none' || action === 'notify') return;
    if (action === 'restart' && !this.#options.mayLaunch()) return;
    // One that was given more time meanwhile, or could not be ended, may reach its limit again.
    this.#actAsHolder(run, () => this.#options.onLimit(run, action).finally(() => this.#acted.delete(actOf(run))));
  }

  #hasActed(run: Run): boolean {
    return this.#acted.has(actOf(run));
  }

  /** Another may watch by now, where this process was stopped for a while or the machine slept: then it is his to act. */
  #actAsHolder(run: Run, action: (run: Run) => Promise<void>): void {
    this.#act(run, async () => {
      if (await this.#lease.isStillHeld()) await action(run);
      else this.#acted.delete(actOf(run));
    });
  }

  #act(run: Run, action: (run: Run) => Promise<void>): void {
    this.#acted.add(actOf(run));
    const act = action(run)
      .catch((error: unknown) => this.#world.diagnostics.failed(`acting on ${run.runId}`, error))
      .finally(() => this.#acts.delete(act));
    this.#acts.add(act);
  }

  /** The system tells of an exit within a millisecond where it can; the beat finds it anyway. */
  async #listenForExits(running: ReadonlySet<RunId>): Promise<void> {
    for (const [runId, exit] of this.#exits) {
      if (running.has(runId)) continue;
      exit.dispose();
      this.#exits.delete(runId);
    }
    for (const runId of running) {
      if (this.#exits.has(runId)) continue;
      await this.#world.clock.turn();
      this.#exits.set(
        runId,
        this.#world.folders.watchExit(runId, () => this.#wake?.abort()),
      );
    }
  }
}

const isRunning = ({ status }: Run): boolean => status === 'running';

const actOf = ({ status, runId }: Run): string => `${status} ${runId}`;

function withHealth(world: World, run: Run): Judged {
  return { run, health: healthNow(world, run) };
}
