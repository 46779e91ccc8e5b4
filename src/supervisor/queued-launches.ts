import { type Awaited, isDue, isQueued, isSameLauncher, type QueueWait } from '../core/queue.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { queueNow } from './queue-now.ts';
import { auditOf, type Ports } from './world.ts';

/** How often those who wait look whether anything has changed. */
const lookMilliseconds = 100;

/** They look this often whatever has changed: what they decide by is not all in the database. */
const anywayMilliseconds = 1_000;

export interface Waiting {
  /** Told what it waits for, whenever that changes. */
  readonly onWait?: ((wait: QueueWait) => void) | undefined;
  /** Ends the waiting, and only that. */
  readonly signal: AbortSignal;
}

interface Waiter extends Waiting {
  readonly run: Run;
  readonly resolve: (run: Run) => void;
  told: string;
}

type QueuePorts = Pick<Ports, 'store' | 'executor' | 'clock' | 'actor' | 'diagnostics'>;

/** The launches of one supervisor that wait for their turn: one look for all of them. */
export class QueuedLaunches {
  readonly #ports: QueuePorts;
  readonly #seeToEnds: () => Promise<void>;
  readonly #waiters = new Map<RunId, Waiter>();
  #looking: Promise<void> | null = null;
  #version = NaN;
  #lookedAt = -Infinity;

  /** @param seeToEnds takes the ends of runs, which make room, where nobody watches who would */
  constructor(ports: QueuePorts, seeToEnds: () => Promise<void>) {
    this.#ports = ports;
    this.#seeToEnds = seeToEnds;
  }

  /**
   * Waits until the run has its turn here, or is none of ours any more: cancelled, or started by somebody else.
   * @returns the run as it is then: see isLaunchedHere
   * @throws the signal's reason
   */
  wait(run: Run, waiting: Waiting): Promise<Run> {
    const { promise, resolve, reject } = Promise.withResolvers<Run>();
    const { runId } = run;
    const leave = (): void => reject(waiting.signal.reason as Error);
    waiting.signal.addEventListener('abort', leave, { once: true });
    this.#waiters.set(runId, { ...waiting, run, resolve, told: '' });
    this.#version = NaN;
    if (waiting.signal.aborted) leave();
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return promise.finally(() => {
      this.#waiters.delete(runId);
      waiting.signal.removeEventListener('abort', leave);
    });
  }

  /** Resolves when nobody waits any more. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, diagnostics } = this.#ports;
    let told = '';
    while (this.#waiters.size > 0) {
      try {
        await this.#lookOnce();
        told = '';
      } catch (error) {
        // A database that cannot be used now is no reason to lose one's place.
        if (String(error) !== told) diagnostics.failed('looking at the queue', error);
        told = String(error);
      }
      await clock.sleep(lookMilliseconds);
    }
  }

  async #lookOnce(): Promise<void> {
    const { store, clock } = this.#ports;
    const version = store.dataVersion();
    const isTime = clock.monotonic() - this.#lookedAt >= anywayMilliseconds;
    if (version === this.#version && !isTime) return;
    this.#version = version;
    if (isTime) {
      this.#lookedAt = clock.monotonic();
      await this.#seeToEnds();
    }
    let started: Run | null;
    do {
      const { active, due, waits, awaited } = await queueNow(this.#ports);
      await this.#letGo(active);
      this.#tellWaits(waits);
      const next = due.find((run) => this.#waiters.has(run.runId));
      started = next === undefined ? null : await takeTurn(this.#ports, next, awaited);
      if (started !== null) this.#settle(started);
    } while (started !== null);
  }

  /** Those who wait for nothing any more. */
  async #letGo(active: readonly Run[]): Promise<void> {
    const byId = new Map(active.map((run) => [run.runId, run]));
    for (const { run } of this.#waiters.values()) {
      const now = byId.get(run.runId) ?? (await this.#ports.store.run(run.runId));
      if (now !== null && !(isQueued(now) && isLauncher(this.#ports, now))) this.#settle(now);
    }
  }

  #tellWaits(waits: ReadonlyMap<RunId, QueueWait>): void {
    for (const waiter of this.#waiters.values()) {
      const wait = waits.get(waiter.run.runId);
      const now = JSON.stringify(wait);
      if (wait === undefined || now === waiter.told) continue;
      waiter.told = now;
      waiter.onWait?.(wait);
    }
  }

  #settle(run: Run): void {
    this.#waiters.get(run.runId)?.resolve(run);
    this.#waiters.delete(run.runId);
  }
}

/**
 * Takes the turn of a queued run, if it is its turn: from then on its launch is this supervisor's. However many try, one
 * gets it, and no more runs are under way than the limit allows.
 * @param run as it was seen
 * @param awaited see queueOf; a run that others wait for and that has completed does not take that back
 * @returns null when it is not its turn, or somebody else was first
 */
export async function takeTurn(
  ports: Pick<QueuePorts, 'store' | 'executor' | 'clock' | 'actor'>,
  run: Run,
  awaited: Awaited,
): Promise<Run | null> {
  const { queue } = run;
  if (queue === null) return null;
  const isAsSeen = (now: Run): boolean =>
    isQueued(now) && now.queue?.turns === queue.turns && isSameLauncher(now.launcher, run.launcher);
  return ports.store.takeTurn(
    run.runId,
    (now, active) => isAsSeen(now) && isDue(now.runId, active, awaited),
    { queue: { ...queue, waits: false, turns: queue.turns + 1 }, launcher: ports.executor.self },
    auditOf(ports, run.runId, 'turn', 'done', { facts: { waited_ms: ports.clock.now() - run.createdAt } }),
  );
}

/** It has left the queue, and this supervisor starts it. */
export function isLaunchedHere(ports: Pick<Ports, 'executor'>, run: Run): boolean {
  return run.status === 'pending' && run.stop === null && run.queue?.waits !== true && isLauncher(ports, run);
}

export function isLauncher({ executor }: Pick<Ports, 'executor'>, { launcher }: Run): boolean {
  return isSameLauncher(launcher, executor.self);
}
