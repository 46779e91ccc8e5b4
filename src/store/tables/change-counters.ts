import type { Statements } from './statements.ts';

/** What the triggers of the schema count, so that those who follow the database read it again only when it has changed. */
export class ChangeCounters {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  ofAll(): number {
    return Number(this.#statement('SELECT sum(counter) FROM changes').pluck().get());
  }

  ofRuns(): number {
    return Number(this.#statement("SELECT counter FROM changes WHERE what = 'runs'").pluck().get());
  }

  /** Looks are written row by row, and told once; within their transaction. */
  countLooks(): void {
    this.#statement("UPDATE changes SET counter = counter + 1 WHERE what = 'looks'").run();
  }
}
