import { WardenError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import { auditOf, type World } from './world.ts';

/**
 * Whether a look from here shows whoever of a run is alive. A container or a sandbox that shares the state folder has
 * processes of its own: that they are not seen says nothing, and they are left to whoever sees them. What a run in sight
 * has started is in sight too, since one gets out of no namespace of processes.
 */
export async function isInSight(world: World, { process, parentRunId }: Run): Promise<boolean> {
  if (process === null || (await world.executor.sees(process.command))) return true;
  const parent = parentRunId === null ? null : await world.store.run(parentRunId);
  return parent !== null && parent.process !== null && isInSight(world, parent);
}

/**
 * What cannot be seen cannot be ended, nor proved to have ended.
 * @param action as the audit log names it
 * @throws WardenError out_of_sight
 */
export async function requireInSight(world: World, run: Run, action: string, why: string | null): Promise<void> {
  if (await isInSight(world, run)) return;
  const facts = { refusal: 'out_of_sight', status: run.status };
  await world.store.audit(auditOf(world, run.runId, action, 'refused', { why, facts }));
  throw new WardenError('out_of_sight', { runId: run.runId });
}
