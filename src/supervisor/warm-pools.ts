import { isWardenError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { BackgroundRound } from './background-round.ts';
import { endOwnGit } from './end-own-git.ts';
import { isOccupied } from './from-pool.ts';
import type { World } from './world.ts';

/** How often pools are looked after though no run has begun: their base moves on, and files say something else. */
const intervalMilliseconds = 60_000;

/** What failed is left alone for so long, lest it costs a checkout each minute. */
const afterFailureMilliseconds = 600_000;

/** Of the newest runs so many are looked at for where their repositories are. */
const newestRuns = 500;

/** Keeps prepared worktrees for the runs to come, as many as the definitions of each repository say: one after the other. */
export class WarmPools {
  readonly #world: World;
  /** Top folders of the repositories that have or had runs; null until they were looked for. */
  #repositories: Set<string> | null = null;
  /** Runs that may have taken one. */
  #runs: ReadonlySet<RunId> = new Set();
  /** Monotonic milliseconds before which a repository is left alone. */
  readonly #notBefore = new Map<string, number>();
  readonly #round: BackgroundRound;
  /** Monotonic milliseconds. */
  #last: number;

  constructor(world: World) {
    this.#world = world;
    this.#round = new BackgroundRound((error) => {
      if (!world.disposed.aborted) world.diagnostics.failed('preparing worktrees', error);
    });
    this.#last = world.clock.monotonic();
  }

  /** Begins a round when it is time or a run has begun. Returns at once. @param active all runs that are not over */
  attend(active: readonly Run[]): void {
    if (this.#round.isUnderWay) return;
    const now = this.#world.clock.monotonic();
    const begun = active.filter(({ runId, status }) => status !== 'pending' && !this.#runs.has(runId));
    if (begun.length === 0 && now - this.#last < intervalMilliseconds) return;
    this.#last = now;
    this.#runs = new Set(active.filter(({ status }) => status !== 'pending').map(({ runId }) => runId));
    this.#round.begin(() => this.#tend(active));
  }

  /** Resolves when none is being prepared. */
  async settled(): Promise<void> {
    await this.#round.settled();
  }

  async #tend(active: readonly Run[]): Promise<void> {
    const { store, clock, disposed, diagnostics } = this.#world;
    if (this.#repositories === null) {
      const { runs } = await store.runs({ limit: newestRuns });
      this.#repositories = new Set(runs.map(({ repository }) => repository));
    }
    for (const { repository } of active) this.#repositories.add(repository);
    for (const path of this.#repositories) {
      if (disposed.aborted) return;
      if (clock.monotonic() < (this.#notBefore.get(path) ?? -Infinity)) continue;
      try {
        await this.#tendOne(path);
      } catch (error) {
        if (disposed.aborted) return;
        this.#notBefore.set(path, clock.monotonic() + afterFailureMilliseconds);
        if (!isWardenError(error, 'not_a_repository')) diagnostics.failed(`preparing worktrees of ${path}`, error);
      }
    }
  }

  async #tendOne(path: string): Promise<void> {
    const { worktrees, definitions, disposed } = this.#world;
    const size = await definitions.poolSize(path);
    if (size === 0 && !(await worktrees.hasPool(path))) return;
    const repository = await worktrees.repositoryOf(path);
    await worktrees.tendPool(repository, {
      size,
      isOccupied: (folder) => isOccupied(this.#world, folder),
      endWorkers: (cookie) => endOwnGit(this.#world, cookie),
      signal: disposed,
    });
  }
}
