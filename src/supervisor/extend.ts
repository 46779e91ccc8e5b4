import { WardenError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { extendedBy, minutesTaken, mostExtraMinutes, timeLimitOf } from '../core/time-limit.ts';
import { findRun, findRunFor } from './find-run.ts';
import { endIfOver } from './reconcile.ts';
import { auditOf, type World } from './world.ts';

/**
 * Gives a run more time: on top of its limit, or from now on where that has passed. Given twice is given twice.
 * @throws WardenError unknown_run; run_is_over; run_is_ending when its end is decided already; invalid_argument
 */
export async function extend(world: World, runId: string, minutes: number): Promise<Run> {
  if (!(minutes > 0 && minutes <= mostExtraMinutes)) {
    const expected = `a number above 0, at most ${mostExtraMinutes}`;
    throw new WardenError('invalid_argument', { argument: 'minutes', value: String(minutes), expected });
  }
  let run = await endIfOver(world, await findRunFor(world, 'extend', runId));
  for (;;) {
    await requireUnderWay(world, run, minutes);
    const { extraMinutes: before } = run;
    const extraMinutes = extendedBy(run, taken(world, run), minutes);
    const facts = { minutes, limit_minutes: timeLimitOf({ ...run, extraMinutes }) };
    const audit = auditOf(world, run.runId, 'extend', 'done', { facts });
    // Whoever gives it more at the same moment adds to that.
    const isAsRead = (now: Run): boolean => isUnderWay(now) && now.extraMinutes === before;
    const extended = await world.store.change(run.runId, isAsRead, { extraMinutes }, audit);
    if (extended !== null) return extended;
    run = await findRun(world.store, run.runId);
  }
}

const isUnderWay = ({ status, stop }: Run): boolean => stop === null && (status === 'pending' || status === 'running');

async function requireUnderWay(world: World, run: Run, minutes: number): Promise<void> {
  if (isUnderWay(run)) return;
  const { runId, status } = run;
  await world.store.audit(auditOf(world, runId, 'extend', 'refused', { facts: { minutes, status } }));
  throw isTerminal(status)
    ? new WardenError('run_is_over', { runId, status })
    : new WardenError('run_is_ending', { runId });
}

function taken({ clock }: World, { process }: Run): number {
  return process === null ? 0 : minutesTaken(clock.monotonic(), process.startedMonotonic, process.observation);
}
