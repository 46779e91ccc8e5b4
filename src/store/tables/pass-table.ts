import type { Statements } from './statements.ts';

/** The table of what is done once in a while by whoever watches. */
export class PassTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  /** Within a transaction. @param now epoch milliseconds. @returns false where it is not due yet */
  takeDaily(now: number, intervalMilliseconds: number): boolean {
    const last = this.#statement("SELECT at FROM passes WHERE what = 'daily'").pluck().get() as number | undefined;
    // One that was made in the future was made before the clock was set back.
    if (last !== undefined && last <= now && now - last < intervalMilliseconds) return false;
    this.#statement("INSERT OR REPLACE INTO passes (what, at) VALUES ('daily', ?)").run(now);
    return true;
  }
}
