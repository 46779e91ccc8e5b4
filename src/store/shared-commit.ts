import type Database from 'better-sqlite3';
import { isTurnOver, myTurn } from '../event-loop-turns.ts';

interface Change {
  /** Done in a savepoint of its own; @returns what to tell whoever asked, once it is committed. */
  readonly work: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits together the changes that wait at the same time. Each commit waits for the disk, on the event loop: of 200 runs
 * that were killed at once the 800 changes held it up for seconds. A change that fails takes back itself alone, and who
 * asked for one hears of it when it is durable.
 */
export class SharedCommit {
  readonly #database: Database.Database;
  readonly #retry: (attempt: () => number) => Promise<number>;
  readonly #doChange: (change: Change) => () => void;
  #waiting: Change[] = [];
  #isUnderWay = false;

  /** @param retry tries again while another process holds the database */
  constructor(database: Database.Database, retry: (attempt: () => number) => Promise<number>) {
    this.#database = database;
    this.#retry = retry;
    this.#doChange = database.transaction((change: Change) => change.work());
  }

  make<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const prepared = (): (() => void) => {
        const result = work();
        return () => resolve(result);
      };
      this.#waiting.push({ work: prepared, reject });
      if (!this.#isUnderWay) void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    this.#isUnderWay = true;
    while (this.#waiting.length > 0) {
      await myTurn();
      await this.#commitSome();
    }
    this.#isUnderWay = false;
  }

  async #commitSome(): Promise<void> {
    const due = this.#waiting;
    this.#waiting = [];
    let tell: (() => void)[] = [];
    const transaction = this.#database.transaction(() => {
      tell = this.#doSome(due);
      return tell.length;
    });
    try {
      const done = await this.#retry(() => transaction.immediate());
      this.#waiting = [...due.slice(done), ...this.#waiting];
      for (const each of tell) {
        each();
        await Promise.resolve();
        if (isTurnOver()) await myTurn();
      }
    } catch (error) {
      for (const { reject } of due) reject(error);
    }
  }

  #doSome(due: readonly Change[]): (() => void)[] {
    const tell: (() => void)[] = [];
    for (const change of due) {
      try {
        tell.push(this.#doChange(change));
      } catch (error) {
        // A full disk, for one, takes the whole transaction back.
        if (!this.#database.inTransaction) throw error;
        tell.push(() => change.reject(error));
      }
      if (isTurnOver()) break;
    }
    return tell;
  }
}
