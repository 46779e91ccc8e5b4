import type { ProcessSnapshot } from '../core/process-identity.ts';

/**
 * Lets many who look at once share one sweep. A sweep that is under way may have passed a process already, so whoever
 * asks meanwhile gets the next one, all of them the same.
 */
export class SharedLook {
  readonly #sweep: () => Promise<ProcessSnapshot>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<ProcessSnapshot> | null = null;

  constructor(sweep: () => Promise<ProcessSnapshot>) {
    this.#sweep = sweep;
  }

  look(): Promise<ProcessSnapshot> {
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      const sweep = this.#sweep();
      this.#running = sweep.catch(() => undefined);
      return sweep;
    });
    return this.#next;
  }
}
