import type { Run } from '../core/run.ts';
import { BackgroundRound } from './background-round.ts';
import { measureWhereThere } from './disk-usage.ts';
import type { World } from './world.ts';

/** Measuring waits until a window has opened, and is thought of so often. */
const intervalMilliseconds = 60_000;

/** Measures the worktrees of all repositories now and then, so that a budget warns though nobody looks: one after the other. */
export class PeriodicMeasuring {
  readonly #world: World;
  readonly #round: BackgroundRound;
  /** Monotonic milliseconds. */
  #last: number;

  constructor(world: World) {
    this.#world = world;
    this.#round = new BackgroundRound((error) => {
      if (!world.disposed.aborted) world.diagnostics.failed('measuring worktrees', error);
    });
    this.#last = world.clock.monotonic();
  }

  /** Measures what is due, if that is not under way already. Returns at once. @param active all runs that are not over */
  attend(active: readonly Run[]): void {
    const now = this.#world.clock.monotonic();
    if (this.#round.isUnderWay || now - this.#last < intervalMilliseconds) return;
    this.#last = now;
    this.#round.begin(() => this.#measure(active));
  }

  /** Resolves when nothing is being measured. */
  async settled(): Promise<void> {
    await this.#round.settled();
  }

  async #measure(active: readonly Run[]): Promise<void> {
    const measured = (await this.#world.store.diskUsages()).map(({ repository }) => repository);
    for (const repository of new Set([...measured, ...active.map((run) => run.repository)]))
      await measureWhereThere(this.#world, repository);
  }
}
