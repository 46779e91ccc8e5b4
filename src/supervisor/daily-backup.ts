import type { World } from './world.ts';

/** Whether one is due is asked this often, and so often it is tried again. */
const lookMilliseconds = 10 * 60_000;

type Needed = Pick<World, 'store' | 'clock' | 'diagnostics' | 'disposed'>;

/** Copies the database once a day, and when the watching begins if the last copy is older than that. */
export class DailyBackup {
  readonly #world: Needed;
  #work: Promise<void> | null = null;
  /** Monotonic milliseconds. */
  #lookedAt = -Infinity;
  /** Told once, not at every try. */
  #hasFailed = false;

  constructor(world: Needed) {
    this.#world = world;
  }

  /** Begins one, if it is due. Returns at once. */
  attend(): void {
    const now = this.#world.clock.monotonic();
    if (this.#work !== null || now - this.#lookedAt < lookMilliseconds) return;
    this.#lookedAt = now;
    this.#work = this.#take().finally(() => {
      this.#work = null;
    });
  }

  /** Resolves when none is being made. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #take(): Promise<void> {
    const { store, disposed, diagnostics } = this.#world;
    try {
      await store.backUp(disposed);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed && !disposed.aborted) diagnostics.failed('taking a backup of the database', error);
      this.#hasFailed = true;
    }
  }
}
