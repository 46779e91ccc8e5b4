import type { Run } from '../core/run.ts';
import { failureWords } from './failure-words.ts';
import { auditOf, type World } from './world.ts';

/** Keeps what a run that was killed left in its worktree and its branch does not hold. Nobody has to wait for it. */
export async function keepCheckpoint(world: World, { runId, worktree }: Run): Promise<void> {
  if (worktree === null) return;
  try {
    const checkpoint = await world.worktrees.checkpoint({ path: worktree.path, runId });
    if (checkpoint === null) return;
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'done', { facts: { checkpoint } }));
  } catch (error) {
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'failed', { facts: { detail: failureWords(error) } }));
    throw error;
  }
}
