import { WardenError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { findRunFor, runNow } from './find-run.ts';
import { endIfOver } from './reconcile.ts';
import { requireInSight } from './sight.ts';
import { carryStop, intentOf } from './stop.ts';
import { auditOf, type World } from './world.ts';

export interface CompleteOptions {
  readonly becomes: 'completed' | 'failed';
  readonly why?: string;
}

/**
 * Ends a run by hand: its processes are stopped as a kill stops them, and when none is left it counts as completed (or
 * failed), since somebody says so.
 * @throws WardenError unknown_run, run_is_over, run_not_running, out_of_sight, survivors
 */
export async function complete(world: World, runId: string, { becomes, why }: CompleteOptions): Promise<Run> {
  const run = await endIfOver(world, await findRunFor(world, 'complete', runId, why));
  if (!isTerminal(run.status)) await requireInSight(world, run, 'complete', why ?? null);
  const stop = intentOf(world, { kind: 'complete', becomes, force: false, why: why ?? null });
  const audit = auditOf(world, run.runId, 'complete', 'asked', { why: stop.why, facts: { becomes } });
  const mayComplete = (now: Run): boolean => now.status === 'running' && now.stop?.kind !== 'complete';
  const decided = await world.store.change(run.runId, mayComplete, { stop }, audit);
  if (decided === null) {
    const { status } = await runNow(world.store, run.runId);
    await world.store.audit({ ...audit, outcome: 'refused' });
    throw new WardenError(isTerminal(status) ? 'run_is_over' : 'run_not_running', { runId: run.runId, status });
  }
  const ended = await carryStop(world, decided);
  if (!isTerminal(ended.status)) {
    throw new WardenError('survivors', { runId: run.runId, survivors: ended.killReport?.survivors.length ?? 0 });
  }
  return ended;
}
