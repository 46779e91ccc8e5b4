import type Database from 'better-sqlite3';
import { inTurn, isTurnOver } from '../event-loop-turns.ts';
import { requireKnownVersion, retryWhileBusy } from './open-database.ts';
import { SharedCommit } from './shared-commit.ts';
import { type Statements, statementsOf } from './tables/statements.ts';

export interface ConnectionParts {
  readonly file: string;
  readonly database: Database.Database;
  /** How long to go on trying while another process holds the database; asked at each try. */
  readonly busyLimitMilliseconds: () => number;
}

/** How an open database is read and written: in turns of the event loop, and again while another process holds it. */
export class Connection {
  readonly file: string;
  readonly database: Database.Database;
  readonly statement: Statements;
  readonly #busyLimitMilliseconds: () => number;
  readonly #commits: SharedCommit;
  #synchronous: 'FULL' | 'NORMAL' | null = null;

  constructor({ file, database, busyLimitMilliseconds }: ConnectionParts) {
    this.file = file;
    this.database = database;
    this.statement = statementsOf(database);
    this.#busyLimitMilliseconds = busyLimitMilliseconds;
    const lastingly = (attempt: () => number): number => {
      this.#waitForDisk('FULL');
      return attempt();
    };
    this.#commits = new SharedCommit(database, (attempt) => this.retry(() => lastingly(attempt)));
  }

  /** Takes as long as it takes, and sees to turns of the event loop itself. */
  retry<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return retryWhileBusy(this.file, work, this.#busyLimitMilliseconds);
  }

  read<Result>(work: () => Result): Promise<Result> {
    return this.retry(() => inTurn(work));
  }

  /** In a transaction. Who asked for it hears of it when it is durable. */
  async write<Result>(work: () => Result): Promise<Result> {
    return this.#commits.make(() => {
      // A window that was updated meanwhile may have brought it to its own version.
      requireKnownVersion(this.file, this.database);
      return work();
    });
  }

  /** What a power cut may take, since it is seen again at the next look, need not wait for the disk. Nobody is told of it. */
  writeLightly<Result>(work: () => Result): Promise<Result> {
    return this.read(() => {
      this.#waitForDisk('NORMAL');
      return this.database.transaction(work).immediate();
    });
  }

  /**
   * Lightly, and as many in one transaction as there is time for in a turn of the event loop.
   * @param mayGoOn asked at the beginning of each transaction
   */
  async writeAllLightly<Item>(
    items: readonly Item[],
    write: (item: Item) => void,
    mayGoOn: () => boolean = () => true,
  ): Promise<void> {
    for (let next = 0; next < items.length;) {
      const from = next;
      next = await this.writeLightly(() => {
        if (!mayGoOn()) return items.length;
        const last = items.slice(from).findIndex((item) => {
          write(item);
          return isTurnOver();
        });
        return last < 0 ? items.length : from + last + 1;
      });
    }
  }

  close(): void {
    this.database.close();
  }

  /** Asked before each write, and told to SQLite when it changes. */
  #waitForDisk(synchronous: 'FULL' | 'NORMAL'): void {
    if (synchronous === this.#synchronous) return;
    this.database.pragma(`synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
  }
}
