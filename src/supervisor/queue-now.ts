import { type Outlook, outlookOf } from '../core/dependents.ts';
import { type Awaited, isQueued, type Queue, queueOf } from '../core/queue.ts';
import type { Run, RunReason } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Ports } from './world.ts';

type QueuePorts = Pick<Ports, 'store' | 'clock'>;

export interface QueueNow extends Queue {
  readonly active: readonly Run[];
  readonly awaited: Awaited;
}

/** The queues as they are. @param active runs, where somebody has read them just now */
export async function queueNow(ports: QueuePorts, active?: readonly Run[]): Promise<QueueNow> {
  const runs = active ?? (await ports.store.activeRuns());
  const awaited = await awaitedIn(ports, runs);
  return { ...queueOf(runs, awaited), active: runs, awaited };
}

/** Why a queued run is never to start: one that it waits for ended otherwise than completed. Null while it may. */
export async function whyNever(ports: QueuePorts, run: Run): Promise<RunReason | null> {
  for (const runId of run.queue?.after ?? []) {
    const outlook = await outlookOn(ports, runId);
    if (outlook.kind === 'ended') return outlook.reason;
  }
  return null;
}

/** Which of the queued runs wait for others, and for whom. One that waits in vain waits until it is cancelled. */
async function awaitedIn(ports: QueuePorts, runs: readonly Run[]): Promise<Awaited> {
  const known = new Map<RunId, Outlook>();
  const awaited = new Map<RunId, readonly RunId[]>();
  for (const run of runs) {
    const after = isQueued(run) ? (run.queue?.after ?? []) : [];
    const open: RunId[] = [];
    for (const runId of after) {
      const outlook = known.get(runId) ?? (await outlookOn(ports, runId));
      known.set(runId, outlook);
      if (outlook.kind !== 'completed') open.push(runId);
    }
    if (open.length > 0) awaited.set(run.runId, open);
  }
  return awaited;
}

async function outlookOn({ store, clock }: QueuePorts, runId: RunId): Promise<Outlook> {
  return outlookOf(runId, await attemptsFrom(store, runId), clock.now());
}

/** The run and those that took its place, one after the other; none where it is not known. */
export async function attemptsFrom(store: Ports['store'], runId: RunId): Promise<readonly Run[]> {
  const attempts: Run[] = [];
  for (let next = await store.run(runId); next !== null; next = await store.replacementOf(next.runId)) {
    attempts.push(next);
  }
  return attempts;
}
