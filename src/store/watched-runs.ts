import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import type { Connection } from './connection.ts';
import type { ChangeCounters } from './tables/change-counters.ts';
import { type RunRow, runFrom } from './tables/run-row.ts';
import type { RunTable } from './tables/run-table.ts';

interface KnownRow {
  readonly row: RunRow;
  readonly run: Run;
}

/**
 * The active runs, read again only when any run has changed, and taken apart only where that one has: whoever watches asks
 * for them every second. The event loop turns between two of them.
 */
export class WatchedRuns {
  readonly #runTable: RunTable;
  readonly #changes: ChangeCounters;
  readonly #read: Connection['read'];
  #known = new Map<RunId, KnownRow>();
  #runs: readonly Run[] = [];
  #version = NaN;

  constructor(runTable: RunTable, changes: ChangeCounters, read: Connection['read']) {
    this.#runTable = runTable;
    this.#changes = changes;
    this.#read = read;
  }

  /** The same list again while nothing has changed. */
  async now(): Promise<readonly Run[]> {
    const found = await this.#read(() => this.#changes.ofRuns());
    if (found === this.#version) return this.#runs;
    const known = new Map<RunId, KnownRow>();
    for (const runId of await this.#read(() => this.#runTable.activeIds())) {
      const one = await this.#read(() => this.#taken(this.#runTable.unobservedRow(runId)));
      if (one !== null) known.set(runId, one);
    }
    this.#known = known;
    this.#runs = Array.from(known.values(), ({ run }) => run);
    this.#version = found;
    return this.#runs;
  }

  #taken(row: RunRow | undefined): KnownRow | null {
    if (row === undefined || isTerminal(row.status)) return null;
    const known = this.#known.get(row.run_id);
    return known !== undefined && isSameRow(known.row, row) ? known : { row, run: runFrom(row) };
  }
}

function isSameRow(one: RunRow, other: RunRow): boolean {
  return (Object.keys(one) as (keyof RunRow)[]).every((column) => one[column] === other[column]);
}
