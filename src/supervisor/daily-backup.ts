import { BackgroundRound } from './background-round.ts';
import type { World } from './world.ts';

/** Whether one is due is asked this often, and so often it is tried again. */
const lookMilliseconds = 10 * 60_000;

type Needed = Pick<World, 'store' | 'clock' | 'diagnostics' | 'disposed'>;

/** Copies the database once a day, and when the watching begins if the last copy is older than that. */
export class DailyBackup {
  readonly #world: Needed;
  readonly #round: BackgroundRound;
  /** Monotonic milliseconds. */
  #lookedAt = -Infinity;
  /** Told once, not at every try. */
  #hasFailed = false;

  constructor(world: Needed) {
    this.#world = world;
    this.#round = new BackgroundRound((error) => this.#tell(error));
  }

  /** Begins one, if it is due. Returns at once. */
  attend(): void {
    const { store, clock, disposed } = this.#world;
    const now = clock.monotonic();
    if (now - this.#lookedAt < lookMilliseconds) return;
    this.#lookedAt = now;
    this.#round.begin(async () => {
      await store.backUp(disposed);
      this.#hasFailed = false;
    });
  }

  /** Resolves when none is being made. */
  settled(): Promise<void> {
    return this.#round.settled();
  }

  #tell(error: unknown): void {
    const { disposed, diagnostics } = this.#world;
    if (!this.#hasFailed && !disposed.aborted) diagnostics.failed('taking a backup of the database', error);
    this.#hasFailed = true;
  }
}
