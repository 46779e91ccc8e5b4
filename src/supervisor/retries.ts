import { isWardenError } from '../core/errors.ts';
import { isRetryAwaited, retryDelay, retryHorizonMilliseconds } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Ports } from './world.ts';

/** One that cannot be made, as while its definitions file is wrong, is tried again after this, then after twice as long. */
const tryAgainMilliseconds = 60_000;

/** The last one is made half an hour after the first. */
const triesAtMost = 6;

/**
 * When the runs that failed are to be started again. From when it has seen that one failed, a watcher waits by the clock
 * that nobody sets: one that jumps by hours makes no storm of retries, and drops none.
 */
export class Retries {
  readonly #ports: Pick<Ports, 'store' | 'clock'>;
  /** Monotonic milliseconds; Infinity once it was tried in vain for the last time. */
  readonly #dueAt = new Map<RunId, number>();
  readonly #failures = new Map<RunId, number>();

  constructor(ports: Pick<Ports, 'store' | 'clock'>) {
    this.#ports = ports;
  }

  /** Runs that are to be started again right now. */
  async due(): Promise<readonly Run[]> {
    const { clock } = this.#ports;
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    const unanswered = await this.#unanswered();
    for (const run of unanswered) {
      const delay = this.#dueAt.has(run.runId) ? null : retryDelay(run, now, false);
      if (delay !== null) this.#dueAt.set(run.runId, monotonic + delay);
    }
    return unanswered.filter(({ runId }) => monotonic >= (this.#dueAt.get(runId) ?? Infinity));
  }

  /** Whether somebody should stay for one that is due later. */
  async isAwaited(answered: (run: Run) => boolean): Promise<boolean> {
    const now = this.#ports.clock.now();
    const unanswered = await this.#unanswered();
    const isAwaited = (run: Run): boolean => {
      const dueAt = this.#dueAt.get(run.runId);
      return dueAt === undefined ? isRetryAwaited(run, now, false) : dueAt < Infinity;
    };
    return unanswered.some((run) => !answered(run) && isAwaited(run));
  }

  /** It could not be made when it was due: it is due again later. */
  failed(runId: RunId): void {
    const failures = (this.#failures.get(runId) ?? 0) + 1;
    this.#failures.set(runId, failures);
    const pause = failures < triesAtMost ? tryAgainMilliseconds * 2 ** (failures - 1) : Infinity;
    this.#dueAt.set(runId, this.#ports.clock.monotonic() + pause);
  }

  /** Read from the runs themselves, so that a new watcher neither forgets nor repeats. */
  async #unanswered(): Promise<readonly Run[]> {
    const { store, clock } = this.#ports;
    const unanswered = await store.unansweredRuns(clock.now() - retryHorizonMilliseconds);
    const left = new Set(unanswered.map(({ runId }) => runId));
    for (const runId of this.#dueAt.keys()) {
      if (left.has(runId)) continue;
      this.#dueAt.delete(runId);
      this.#failures.delete(runId);
    }
    return unanswered;
  }
}

/** Runs that are over and to be started again. Where the database cannot be used none is. */
export async function retriesAwaited({ store, clock }: Pick<Ports, 'store' | 'clock'>): Promise<readonly Run[]> {
  const now = clock.now();
  try {
    const unanswered = await store.unansweredRuns(now - retryHorizonMilliseconds);
    return unanswered.filter((run) => isRetryAwaited(run, now, false));
  } catch (error) {
    if (isWardenError(error)) return [];
    throw error;
  }
}
