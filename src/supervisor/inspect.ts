import { type Health, healthOf, healthy } from '../core/health.ts';
import type { GivenHeartbeat } from '../core/observation.ts';
import { isQueued, type QueueWait } from '../core/queue.ts';
import { type RetryState, retryStateOf } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { type StopProgress, stopProgressOf } from '../core/stop-progress.ts';
import { moreTimeOf } from './critical-sections.ts';
import { queueNow } from './queue-now.ts';
import type { World } from './world.ts';

/** What is known of a run beside its row, read when it is asked for. */
export interface RunFacts {
  readonly health: Health;
  /** Epoch milliseconds. */
  readonly lastOutputAt: number | null;
  readonly lastLine: string | null;
  /** The last sign of life that the run itself gave. */
  readonly heartbeat: GivenHeartbeat | null;
  /** How far the stop of the run is; null when nobody stops it. */
  readonly stopping: StopProgress | null;
  /** Nothing is notified about it for now. */
  readonly isSnoozed: boolean;
  /** What it waits for; null unless it is in a queue. */
  readonly queueWait: QueueWait | null;
  /** The newest run that was started in its place. */
  readonly replacedBy: RunId | null;
  /** Null where its workflow wants no retries. */
  readonly retry: RetryState | null;
}

/** What is read once for many runs. */
export interface SharedFacts {
  /** See waitsOf. */
  readonly waits: ReadonlyMap<RunId, QueueWait>;
  readonly replacements: ReadonlyMap<RunId, RunId>;
}

export async function factsOf(world: World, run: Run, { waits, replacements }: SharedFacts): Promise<RunFacts> {
  const replacedBy = replacements.get(run.runId) ?? null;
  const [output, lastLine, heartbeat] = await Promise.all([
    world.folders.output(run.runId),
    world.folders.lastLine(run.runId),
    heartbeatNow(world, run),
  ]);
  return {
    health: healthNow(world, run),
    lastOutputAt: output.lastOutputAt,
    lastLine,
    heartbeat,
    stopping: run.stop === null ? null : await stoppingNow(world, run),
    isSnoozed: isSnoozed(world, run),
    queueWait: waits.get(run.runId) ?? null,
    replacedBy,
    retry: retryStateOf(run, world.clock.now(), replacedBy !== null),
  };
}

async function stoppingNow(world: World, run: Run): Promise<StopProgress | null> {
  const { executor, clock } = world;
  return stopProgressOf(run, executor.self.bootId, clock.monotonic(), await moreTimeOf(world, run));
}

/** What those of these runs wait for that are in a queue: one look for all of them. */
export async function waitsOf(world: World, runs: readonly Run[]): Promise<ReadonlyMap<RunId, QueueWait>> {
  return runs.some(isQueued) ? (await queueNow(world)).waits : new Map();
}

/** Its owner does not want to hear of it for now. */
export function isSnoozed({ clock }: World, { snoozedUntil }: Run): boolean {
  return snoozedUntil !== null && clock.monotonic() < snoozedUntil;
}

/** Only what is under way has a health; the status of what is over says it all. */
export function healthNow(world: World, run: Run): Health {
  if ((run.status !== 'running' && run.status !== 'terminating') || run.process === null) return healthy;
  return healthOf({
    now: world.clock.monotonic(),
    startedMonotonic: run.process.startedMonotonic,
    observation: run.process.observation,
    workflow: run.workflow,
    extraMinutes: run.extraMinutes,
    survivors: run.killReport?.survivors.length ?? 0,
  });
}

/** The last heartbeat, as soon as it was given; of a run that is over, the last that was seen. */
async function heartbeatNow(world: World, { runId, status, process }: Run): Promise<GivenHeartbeat | null> {
  const isUnderWay = status === 'running' || status === 'terminating';
  const given = isUnderWay ? await world.folders.heartbeat(runId) : (process?.observation?.heartbeat ?? null);
  // A file whose time lies in the future was given by now.
  return given === null ? null : { at: Math.min(given.at, world.clock.now()), message: given.message };
}
