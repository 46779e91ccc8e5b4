import { isWardenError, WardenError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest-names.ts';
import type { Store } from '../core/ports/store.ts';
import type { Run } from '../core/run.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { auditOf, type World } from './world.ts';

/** Of what somebody took for a run so much is kept. */
const longestName = 64;

/** A run by the text that somebody typed. @throws WardenError unknown_run, with the nearest ids */
export async function findRun(store: Store, text: string): Promise<Run> {
  const run = isRunId(text) ? await store.run(text) : null;
  if (run !== null) return run;
  throw new WardenError('unknown_run', { runId: text, nearest: nearestNames(text, await store.knownRunIds()) });
}

/**
 * The same for somebody who wants to do something with it. That is an attempt though nobody knows the run, and is audited.
 * @param action as the audit log names it
 */
export async function findRunFor(world: World, action: string, text: string, why?: string): Promise<Run> {
  try {
    return await findRun(world.store, text);
  } catch (error) {
    await auditUnknown(world, action, error, why);
    throw error;
  }
}

/** @param error whatever the looking for a run, or for what one has asked for, has thrown */
export async function auditUnknown(
  world: World,
  action: string,
  error: unknown,
  why: string | null = null,
): Promise<void> {
  const facts = isWardenError(error, 'unknown_run')
    ? { refusal: error.code, run: error.facts.runId.slice(0, longestName) }
    : isWardenError(error, 'unknown_request')
      ? { refusal: error.code, request: error.facts.id }
      : null;
  if (facts === null) return;
  await world.store.audit(auditOf(world, null, action, 'refused', { why, facts }));
}

/** A run that is known to exist: rows of runs are not deleted while somebody works on them. */
export async function runNow(store: Store, runId: RunId): Promise<Run> {
  return findRun(store, runId);
}
