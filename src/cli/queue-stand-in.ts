import type { Supervisor } from '../supervisor/supervisor.ts';
import { provideWatch } from './provide-watch.ts';

/** Nobody has to be there at once: whoever waits is there himself. */
const secondsPerPlace = 1;
const atMostSeconds = 60;

/**
 * Sees to it that a run that waits in the queue is started even if the terminal in which it was asked for is closed: where
 * nobody watches, `warden watch` is started, which ends by itself with the last run.
 */
export class QueueStandIn implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #isDisposed = false;

  constructor(supervisor: Supervisor, onFailure: (error: unknown) => void) {
    this.#supervisor = supervisor;
    this.#onFailure = onFailure;
  }

  /** Those further back look later, so that of many who wait one starts it. @param place in the queue, from 1 */
  provideAfter(place: number): void {
    if (this.#isDisposed) return;
    const seconds = Math.min(place * secondsPerPlace, atMostSeconds);
    this.#timer ??= setTimeout(
      () => void this.#provide().then(() => this.provideAfter(atMostSeconds)),
      seconds * 1_000,
    );
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #provide(): Promise<void> {
    this.#timer = null;
    try {
      if (!this.#isDisposed) await provideWatch(this.#supervisor);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
