import { isTurnOver, myTurn } from '../event-loop-turns.ts';

/**
 * Lets reads wait for each other. SQLite answers at once, so that of many who ask at the same time each goes on right
 * after the one before, and the event loop stands still until the last has been answered. Here it turns in between.
 */
export class Turns {
  #waiting: (() => void)[] = [];
  #isUnderWay = false;

  take<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (!this.#isUnderWay) void this.#goOn();
    });
  }

  async #goOn(): Promise<void> {
    this.#isUnderWay = true;
    while (this.#waiting.length > 0) {
      const due = this.#waiting;
      this.#waiting = [];
      for (const work of due) {
        if (isTurnOver()) await myTurn();
        work();
        // Whoever was answered goes on before the next one is.
        await Promise.resolve();
      }
    }
    this.#isUnderWay = false;
  }
}
