import { isSameProcess, type ProcessIdentity } from './process-identity.ts';
import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';

/** How many launchers may go away while they start one run: then it is not they who are the trouble. */
const turnsAtMost = 3;

/** The queues of all repositories, as one look sees them. */
export interface Queue {
  /** Runs whose turn it is, in the order in which they were accepted. */
  readonly due: readonly Run[];
  /** Places of those that wait for a slot, from 1 in each repository. */
  readonly places: ReadonlyMap<RunId, number>;
}

/** Accepted, and nothing was begun for it yet. */
export function isQueued(run: Run): boolean {
  return run.status === 'pending' && run.stop === null && run.queue?.waits === true;
}

/**
 * Whose turn it is: in each repository the first that waits, as long as fewer runs than its limit are under way. The
 * limit is each run's own, as its definitions file said when it was accepted; none overtakes another.
 * @param active runs that are not over, in the order in which they were accepted
 * @param awaiting runs that wait for others to complete: they take no slot, have no place and hold up nobody
 */
export function queueOf(active: readonly Run[], awaiting: ReadonlySet<RunId> = new Set()): Queue {
  const due: Run[] = [];
  const places = new Map<RunId, number>();
  const underWay = new Map<string, number>();
  for (const run of active) if (!isWaiting(run)) add(underWay, run.repository);
  const waiting = new Map<string, number>();
  for (const run of active) {
    if (!isQueued(run) || awaiting.has(run.runId)) continue;
    const { maxConcurrentRuns } = run.workflow;
    if (maxConcurrentRuns === null) {
      due.push(run);
      continue;
    }
    const place = add(waiting, run.repository);
    places.set(run.runId, place);
    if (place === 1 && (underWay.get(run.repository) ?? 0) < maxConcurrentRuns) due.push(run);
  }
  return { due, places };
}

/** Whether it is this run's turn. The parameters are queueOf's. */
export function isDue(runId: RunId, active: readonly Run[], awaiting?: ReadonlySet<RunId>): boolean {
  return queueOf(active, awaiting).due.some((run) => run.runId === runId);
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
