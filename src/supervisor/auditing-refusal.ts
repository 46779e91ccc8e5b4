import { isWardenError } from '../core/errors.ts';
import type { RunId } from '../core/run-id.ts';
import { auditOf, type World } from './world.ts';

/** What was asked for. */
interface Attempt {
  /** Null where it is about none that is known. */
  readonly runId: RunId | null;
  readonly why?: string | undefined;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * What somebody wants and cannot have is an attempt all the same: it is audited as refused, with the code of the error.
 * @param action as the audit log names it
 * @param work what comes before anything is done; it audits nothing itself
 */
export async function auditingRefusal<Result>(
  world: World,
  action: string,
  { runId, why, facts = {} }: Attempt,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isWardenError(error)) {
      const all = { facts: { ...facts, refusal: error.code }, ...(why === undefined ? {} : { why }) };
      await world.store.audit(auditOf(world, runId, action, 'refused', all));
    }
    throw error;
  }
}
