import { type KeptChange, patchWritten, withAllKept, withKept } from '../core/kept-change.ts';
import type { AuditEntry, RunPatch } from '../core/ports/store.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { DatabaseAccess } from './database-access.ts';
import { Journal } from './journal.ts';
import type { RunRecords } from './run-records.ts';

/** Kept changes are offered again no sooner than this. */
const offerAgainMilliseconds = 200;

export interface KeptChangesOptions {
  readonly stateFolder: string;
  readonly records: RunRecords;
  readonly access: DatabaseAccess;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What stops or ends runs while the database cannot take it: kept in their journals, and offered to the database since. */
export class KeptChanges {
  readonly #options: KeptChangesOptions;
  readonly #journal: Journal;
  #offering: Promise<boolean> | null = null;
  #offeredAt = -Infinity;

  constructor(options: KeptChangesOptions) {
    this.#options = options;
    this.#journal = new Journal(options.stateFolder);
  }

  async open(): Promise<void> {
    await this.#journal.open();
    await this.offer();
  }

  /** Changes with whatever is kept by any process; empty when nothing is. */
  get mark(): string {
    return this.#journal.mark();
  }

  /** What is kept of each run, in its order. */
  async all(): Promise<ReadonlyMap<RunId, readonly KeptChange[]>> {
    if (this.mark !== '' && this.#options.now() - this.#offeredAt > offerAgainMilliseconds) await this.offer();
    return this.#journal.entries();
  }

  /** @returns whether the database has all that was kept */
  offer(): Promise<boolean> {
    if (this.mark === '') return Promise.resolve(true);
    this.#offering ??= this.#offer().finally(() => {
      this.#offering = null;
      this.#offeredAt = this.#options.now();
    });
    return this.#offering;
  }

  /**
   * As `Store.change`, of a patch that may be kept.
   * @returns the run as it is then; null when it was not as expected
   */
  async change(
    runId: RunId,
    expected: (run: Run) => boolean,
    patch: RunPatch,
    audit: AuditEntry | null,
  ): Promise<Run | null> {
    const change: KeptChange = { patch: patchWritten(patch, 'kept'), audit };
    let after: Run | null = null;
    await this.#journal.append(runId, async (kept) => {
      const row = await this.row(runId);
      const before = row === null ? null : withAllKept(row, kept);
      if (before === null || !expected(before)) return null;
      after = withKept(before, change.patch ?? {});
      return after === null ? null : change;
    });
    return after;
  }

  async audit(runId: RunId, entry: AuditEntry): Promise<void> {
    await this.#journal.append(runId, () => Promise.resolve({ patch: null, audit: entry }));
  }

  /** The run without what is kept of it. */
  row(runId: RunId): Promise<Run | null> {
    const { access, records } = this.#options;
    return access.read(
      (database) => database.run(runId),
      () => records.run(runId),
    );
  }

  async #offer(): Promise<boolean> {
    const { records, access } = this.#options;
    const entries = await this.#journal.entries();
    try {
      for (const [runId, changes] of entries) {
        const record = await records.run(runId);
        await access.write((database) => database.takeKept(runId, record, changes));
      }
      await this.#journal.taken(entries);
      return true;
    } catch (error) {
      access.requireFailure(error);
      return false;
    }
  }
}

/** Makes of runs as they were written what they are with what is kept of them. */
export function withKeptOf(kept: ReadonlyMap<RunId, readonly KeptChange[]>): (run: Run) => Run {
  return (run) => withAllKept(run, kept.get(run.runId) ?? []);
}
