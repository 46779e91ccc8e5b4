import { type Health, healthOf, healthy } from '../core/health.ts';
import type { Run } from '../core/run.ts';
import { type StopProgress, stopProgressOf } from '../core/stop-progress.ts';
import { moreTimeOf } from './critical-sections.ts';
import type { World } from './world.ts';

/** What is known of a run beside its row, read when it is asked for. */
export interface RunFacts {
  readonly health: Health;
  /** Epoch milliseconds. */
  readonly lastOutputAt: number | null;
  readonly lastLine: string | null;
  /** How far the stop of the run is; null when nobody stops it. */
  readonly stopping: StopProgress | null;
  /** Nothing is notified about it for now. */
  readonly isSnoozed: boolean;
}

export async function factsOf(world: World, run: Run): Promise<RunFacts> {
  const [output, lastLine] = await Promise.all([world.folders.output(run.runId), world.folders.lastLine(run.runId)]);
  return {
    health: healthNow(world, run),
    lastOutputAt: output.lastOutputAt,
    lastLine,
    stopping: run.stop === null ? null : await stoppingNow(world, run),
    isSnoozed: run.snoozedUntil !== null && world.clock.monotonic() < run.snoozedUntil,
  };
}

async function stoppingNow(world: World, run: Run): Promise<StopProgress | null> {
  const { executor, clock } = world;
  return stopProgressOf(run, executor.self.bootId, clock.monotonic(), await moreTimeOf(world, run));
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
