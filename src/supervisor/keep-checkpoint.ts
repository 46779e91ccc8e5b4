import { checkpointCookie } from '../core/checkpoint-cookie.ts';
import type { Run } from '../core/run.ts';
import { endOwnGit } from './end-own-git.ts';
import { failureWords } from './failure-words.ts';
import { within } from './within.ts';
import { auditOf, type World } from './world.ts';

/**
 * Whoever carried the kill out does not leave before the work is kept, but for no longer than this. What was not kept is
 * in the worktree, which stays.
 */
const limitMilliseconds = 60_000;

/** Keeps what a run that was killed left in its worktree and its branch does not hold. Nobody has to wait for it. */
export async function keepCheckpoint(world: World, { runId, worktree }: Run): Promise<void> {
  if (worktree === null) return;
  try {
    const keeping = world.worktrees.checkpoint({ path: worktree.path, runId, why: 'kill' });
    const isDone = keeping.then(
      () => true,
      () => true,
    );
    if ((await within(world.clock, limitMilliseconds, isDone)) === null)
      await endOwnGit(world, checkpointCookie(runId));
    const checkpoint = await keeping;
    if (checkpoint === null) return;
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'done', { facts: { checkpoint } }));
  } catch (error) {
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'failed', { facts: { detail: failureWords(error) } }));
    throw error;
  }
}
