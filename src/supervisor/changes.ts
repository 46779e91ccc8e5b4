import type { World } from './world.ts';

/** How often the database is asked whether anybody has changed it; asking costs microseconds. */
const pollMilliseconds = 300;

/** Tells of changes that any process made, soon after they were made. Polls only while somebody listens. */
export class Changes {
  readonly #world: World;
  readonly #listeners = new Set<() => void>();
  #isPolling = false;

  constructor(world: World) {
    this.#world = world;
  }

  listen(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    if (!this.#isPolling) void this.#poll();
    return { dispose: () => this.#listeners.delete(listener) };
  }

  async #poll(): Promise<void> {
    const { store, clock, disposed, diagnostics } = this.#world;
    this.#isPolling = true;
    let version = store.dataVersion();
    while (this.#listeners.size > 0 && !disposed.aborted) {
      await clock.sleep(pollMilliseconds, disposed).catch(() => undefined);
      if (disposed.aborted) break;
      try {
        const now = store.dataVersion();
        if (now === version) continue;
        version = now;
        for (const listener of this.#listeners) listener();
      } catch (error) {
        diagnostics.failed('looking for changes', error);
      }
    }
    this.#isPolling = false;
  }
}
