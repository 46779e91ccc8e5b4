import { WardenError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest-names.ts';
import type { Store } from '../core/ports/store.ts';
import type { Run } from '../core/run.ts';
import { isRunId, type RunId } from '../core/run-id.ts';

/** A run by the text that somebody typed. @throws WardenError unknown_run, with the nearest ids */
export async function findRun(store: Store, text: string): Promise<Run> {
  const run = isRunId(text) ? await store.run(text) : null;
  if (run !== null) return run;
  throw new WardenError('unknown_run', { runId: text, nearest: nearestNames(text, await store.knownRunIds()) });
}

/** A run that is known to exist: rows of runs are not deleted while somebody works on them. */
export async function runNow(store: Store, runId: RunId): Promise<Run> {
  return findRun(store, runId);
}
