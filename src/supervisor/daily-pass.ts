import { dailyMilliseconds, goesWithWork } from '../core/automatic-cleanup.ts';
import { isWardenError } from '../core/errors.ts';
import { BackgroundRound } from './background-round.ts';
import { cleanupOn } from './cleanup.ts';
import { forgetOldRuns } from './forget-old-runs.ts';
import { asSystem, type World } from './world.ts';

/** Whether one is due is asked this often. */
const lookMilliseconds = 10 * 60_000;

/**
 * Removes old worktrees in which nothing would be missed, in all repositories that the database knows, once a day whoever
 * watches; then old runs, where the user wants that. An error keeps.
 */
export class DailyPass {
  readonly #world: World;
  readonly #pass: BackgroundRound;
  /** Monotonic milliseconds. */
  #lookedAt = -Infinity;

  constructor(world: World) {
    this.#world = { ...world, ...asSystem(world) };
    this.#pass = new BackgroundRound((error) => world.diagnostics.failed('removing old worktrees', error));
  }

  get isBusy(): boolean {
    return this.#pass.isUnderWay;
  }

  /** Begins one, if it is due. Returns at once. @param maxAgeHours null for none */
  attend(maxAgeHours: number | null): void {
    const now = this.#world.clock.monotonic();
    if (this.#pass.isUnderWay || maxAgeHours === null || now - this.#lookedAt < lookMilliseconds) return;
    this.#lookedAt = now;
    this.#pass.begin(() => this.#make(maxAgeHours));
  }

  /** Resolves when none is being made. */
  async settled(): Promise<void> {
    await this.#pass.settled();
  }

  async #make(maxAgeHours: number): Promise<void> {
    const { store, clock } = this.#world;
    const repositories = await store.repositoriesOfEnded(clock.now() - maxAgeHours * 3_600_000);
    if (repositories.length === 0 || !(await store.takeDailyPass(dailyMilliseconds))) return;
    for (const repository of repositories) await this.#cleanUp(repository, maxAgeHours);
    await forgetOldRuns(this.#world, repositories);
  }

  async #cleanUp(directory: string, maxAgeHours: number): Promise<void> {
    const { disposed: signal, diagnostics } = this.#world;
    if (signal.aborted) return;
    try {
      // Of one that has gone nothing is attempted, day after day.
      await this.#world.worktrees.repositoryOf(directory);
      await cleanupOn(this.#world, { directory, dryRun: false, sizes: 'known', signal }, (worktree, run) => ({
        maxAgeHours,
        force: goesWithWork(run, worktree),
        isAsked: false,
        why: 'daily pass',
      }));
    } catch (error) {
      // Repositories come and go.
      if (!isWardenError(error, 'not_a_repository'))
        diagnostics.failed(`removing old worktrees of ${directory}`, error);
    }
  }
}
