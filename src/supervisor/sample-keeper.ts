import type { Observation } from '../core/observation.ts';
import type { RunId } from '../core/run-id.ts';
import { type Sample, sampleMilliseconds, sampleOf } from '../core/samples.ts';
import type { Store } from '../core/ports/store.ts';

/**
 * How long the samples of a run are gathered before they are written together: each by itself would be a page of the
 * database, more than all the rest of a look writes. A watcher that is killed takes so much with it.
 */
const gatherMilliseconds = 60_000;

/** The samples of so many runs are thinned at each look. */
const thinnedAtOnce = 2;

interface Gathered {
  readonly samples: Sample[];
  /** Epoch milliseconds at which they are to be written. */
  readonly dueAt: number;
}

/** Keeps samples of what the watched runs use: gathers, writes and thins them. */
export class SampleKeeper {
  readonly #store: Store;
  readonly #lastAt = new Map<RunId, number>();
  readonly #gathered = new Map<RunId, Gathered>();
  #thinnedUpTo: RunId | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param at epoch milliseconds of the look */
  take(runId: RunId, observation: Observation, at: number): void {
    if (Math.abs(at - (this.#lastAt.get(runId) ?? -Infinity)) < sampleMilliseconds) return;
    this.#lastAt.set(runId, at);
    const gathered = this.#gathered.get(runId);
    if (gathered !== undefined) gathered.samples.push(sampleOf(observation, at));
    else this.#gathered.set(runId, { samples: [sampleOf(observation, at)], dueAt: dueAfter(runId, at) });
  }

  /**
   * Writes what is due, and all of the runs that are over.
   * @param running whose samples may still be gathered
   * @param now epoch milliseconds
   */
  async write(running: ReadonlySet<RunId>, now: number): Promise<void> {
    const due = new Map<RunId, readonly Sample[]>();
    for (const [runId, { samples, dueAt }] of this.#gathered) {
      if (running.has(runId) && now < dueAt && dueAt - now <= gatherMilliseconds) continue;
      due.set(runId, samples);
    }
    for (const runId of this.#lastAt.keys()) if (!running.has(runId)) this.#lastAt.delete(runId);
    if (due.size === 0) return;
    // Once: a database that cannot take them now is no reason to let them pile up.
    for (const runId of due.keys()) this.#gathered.delete(runId);
    await this.#store.addSamples(due);
  }

  /** Goes on with the next runs, and begins anew after the last. */
  async thin(): Promise<void> {
    for (let count = 0; count < thinnedAtOnce; count += 1) {
      this.#thinnedUpTo = await this.#store.thinSamples(this.#thinnedUpTo);
      if (this.#thinnedUpTo === null) return;
    }
  }
}

/** Once a minute, each run at a time of its own, so that those of many are not all due in the same look. */
function dueAfter(runId: RunId, at: number): number {
  const ownTime = Number.parseInt(runId.slice(-6), 16) % gatherMilliseconds;
  return at + gatherMilliseconds - ((at + ownTime) % gatherMilliseconds);
}
