import type Database from 'better-sqlite3';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { type RunRow, runFrom } from './run-row.ts';

interface KnownRow {
  readonly row: RunRow;
  readonly run: Run;
}

export interface WatchedRunsParts {
  /** Changes with every change of a run. */
  readonly version: () => number;
  /** Ids of the active runs, in order. */
  readonly ids: Database.Statement;
  /** The row of one run, without what was observed of it. */
  readonly row: Database.Statement;
  /** Does one of many reads when it is its turn. */
  readonly read: <Result>(work: () => Result) => Promise<Result>;
}

/**
 * The active runs, read again only when any run has changed, and taken apart only where that one has: whoever watches asks
 * for them every second. The event loop turns between two of them.
 */
export class WatchedRuns {
  readonly #parts: WatchedRunsParts;
  #known = new Map<RunId, KnownRow>();
  #runs: readonly Run[] = [];
  #version = NaN;

  constructor(parts: WatchedRunsParts) {
    this.#parts = parts;
  }

  /** The same list again while nothing has changed. */
  async now(): Promise<readonly Run[]> {
    const { version, ids, row, read } = this.#parts;
    const found = await read(version);
    if (found === this.#version) return this.#runs;
    const known = new Map<RunId, KnownRow>();
    for (const runId of await read(() => ids.all() as RunId[])) {
      const one = await read(() => this.#read(row.get(runId) as RunRow | undefined));
      if (one !== null) known.set(runId, one);
    }
    this.#known = known;
    this.#runs = Array.from(known.values(), ({ run }) => run);
    this.#version = found;
    return this.#runs;
  }

  #read(row: RunRow | undefined): KnownRow | null {
    if (row === undefined || isTerminal(row.status)) return null;
    const known = this.#known.get(row.run_id);
    return known !== undefined && isSameRow(known.row, row) ? known : { row, run: runFrom(row) };
  }
}

function isSameRow(one: RunRow, other: RunRow): boolean {
  return (Object.keys(one) as (keyof RunRow)[]).every((column) => one[column] === other[column]);
}
