/**
 * Lets many who ask at once share one round of work. A round that is under way may have passed what matters already, so
 * whoever asks meanwhile gets the next one, all of them the same.
 */
export class SharedRound<Result> {
  readonly #work: () => Promise<Result>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Result> | null = null;

  constructor(work: () => Promise<Result>) {
    this.#work = work;
  }

  join(): Promise<Result> {
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      const round = this.#work();
      this.#running = round.catch(() => undefined);
      return round;
    });
    return this.#next;
  }
}
