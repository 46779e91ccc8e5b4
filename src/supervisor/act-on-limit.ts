import { describeHealthReason, plainEnglish } from '../core/messages.ts';
import { retryDelay } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { findRun } from './find-run.ts';
import { healthNow } from './inspect.ts';
import { endIfOver } from './reconcile.ts';
import { restartOnce } from './restart.ts';
import { carryStop, intentOf } from './stop.ts';
import { auditOf, type World } from './world.ts';

/**
 * Ends a run that has reached a limit, as its workflow wants it, and starts it again where that is wanted too. Both are
 * decided in one step, and only while the limit is reached: a run that was given more time meanwhile goes on. Whoever
 * comes upon it with its carrier gone brings both to their end.
 */
export async function actOnLimit(
  world: World,
  { runId }: Pick<Run, 'runId'>,
  action: 'kill' | 'restart',
): Promise<void> {
  // Nothing can be started without it, and then nothing should be ended for it.
  if (action === 'restart') await world.store.requireDatabase();
  const run = await endIfOver(world, await findRun(world.store, runId));
  const why = reasonsOf(world, run);
  const followUp = action === 'restart' ? action : null;
  const stop = intentOf(world, { kind: 'kill', becomes: null, force: false, why, atLimit: true });
  const decided = await world.store.change(
    run.runId,
    (now) => now.status === 'running' && now.stop === null && healthNow(world, now).action === action,
    { status: 'terminating', stop, followUp },
    auditOf(world, run.runId, 'kill', 'asked', { why, facts: { force: false, follow_up: followUp } }),
  );
  if (decided === null) return;
  const ended = await carryStop(world, decided);
  // What has to wait for its back-off is left to whoever watches then.
  if (isTerminal(ended.status) && ended.followUp === 'restart' && isDueAtOnce(ended)) await restartOnce(world, ended);
}

const isDueAtOnce = (run: Run): boolean => run.endedAt !== null && retryDelay(run, run.endedAt, false) === 0;

function reasonsOf(world: World, run: Run): string {
  const reasons = healthNow(world, run).reasons.filter(({ level }) => level === 'critical');
  return reasons.map((reason) => describeHealthReason(reason, plainEnglish)).join('; ');
}
