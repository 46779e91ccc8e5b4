import { isSameProcess, type ProcessIdentity } from './process-identity.ts';
import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';

/** How many launchers may go away while they start one run: then it is not they who are the trouble. */
const turnsAtMost = 3;

/** For whom those queued runs wait that wait for others to complete. */
export type Awaited = ReadonlyMap<RunId, readonly RunId[]>;

/** What a queued run waits for. */
export interface QueueWait {
  /** From 1; null while it waits for other runs to complete. */
  readonly place: number | null;
  readonly awaits: readonly RunId[];
}

/** The queues of all repositories, as one look sees them. */
export interface Queue {
  /** Runs whose turn it is, in the order in which they were accepted. */
  readonly due: readonly Run[];
  /** What each that is in a queue waits for; places are numbered in each repository. */
  readonly waits: ReadonlyMap<RunId, QueueWait>;
}

/** Accepted, and nothing was begun for it yet. */
export function isQueued(run: Run): boolean {
  return run.status === 'pending' && run.stop === null && run.queue?.waits === true;
}

/**
 * Whose turn it is: in each repository the first that waits, as long as fewer runs than its limit are under way. The
 * limit is each run's own, as its definitions file said when it was accepted; none overtakes another.
 * @param active runs that are not over, in the order in which they were accepted
 * @param awaited those that wait for others take no slot, have no place and hold up nobody
 */
export function queueOf(active: readonly Run[], awaited: Awaited = new Map()): Queue {
  const due: Run[] = [];
  const waits = new Map<RunId, QueueWait>();
  const underWay = new Map<string, number>();
  for (const run of active) if (!isWaiting(run)) add(underWay, run.repository);
  const waiting = new Map<string, number>();
  for (const run of active) {
    if (!isQueued(run)) continue;
    const awaits = awaited.get(run.runId);
    if (awaits !== undefined) {
      waits.set(run.runId, { place: null, awaits });
      continue;
    }
    const { maxConcurrentRuns } = run.workflow;
    if (maxConcurrentRuns === null) {
      due.push(run);
      continue;
    }
    const place = add(waiting, run.repository);
    waits.set(run.runId, { place, awaits: [] });
    if (place === 1 && (underWay.get(run.repository) ?? 0) < maxConcurrentRuns) due.push(run);
  }
  return { due, waits };
}

/** Whether it is this run's turn. The parameters are queueOf's. */
export function isDue(runId: RunId, active: readonly Run[], awaited?: Awaited): boolean {
  return queueOf(active, awaited).due.some((run) => run.runId === runId);
}

/** A launch that was cut off before its command began is made once more, if the run came from the queue. */
export function mayBePutBack({ queue, stop }: Run): boolean {
  return queue !== null && stop === null && queue.turns < turnsAtMost;
}

/** The same supervisor launches it, or nobody in both cases. */
export function isSameLauncher(one: ProcessIdentity | null, other: ProcessIdentity | null): boolean {
  return one === null || other === null ? one === other : isSameProcess(one, other);
}

/** Also one that is being cancelled takes no slot. */
const isWaiting = (run: Run): boolean => run.status === 'pending' && run.queue?.waits === true;

function add(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
