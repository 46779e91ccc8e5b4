import { checkpointCookie } from '../core/checkpoint-cookie.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
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
    const keeping = world.worktrees.checkpoint({ path: worktree.path, runId });
    const isDone = keeping.then(
      () => true,
      () => true,
    );
    if ((await within(world.clock, limitMilliseconds, isDone)) === null) await endKeeping(world, runId);
    const checkpoint = await keeping;
    if (checkpoint === null) return;
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'done', { facts: { checkpoint } }));
  } catch (error) {
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'failed', { facts: { detail: failureWords(error) } }));
    throw error;
  }
}

/** Git with all that it started: a filter of the repository may never end. */
async function endKeeping(world: World, runId: RunId): Promise<void> {
  const cookie = checkpointCookie(runId);
  const { bootId, processes } = await world.executor.look();
  const working = [...processes.values()].filter((facts) => facts.cookie === cookie);
  const identities = working.map(({ pid, startTime }) => ({ bootId, pid, startTime }));
  await world.executor.signal(identities.map((identity) => ({ identity, signal: 'SIGKILL' })));
}
