import type { CheckpointReason } from '../core/checkpoint.ts';
import { checkpointCookie } from '../core/checkpoint-cookie.ts';
import type { Run } from '../core/run.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { endOwnGit } from './end-own-git.ts';
import { failureWords } from './failure-words.ts';
import { findRunFor } from './find-run.ts';
import { noteCheckpoints } from './note-checkpoints.ts';
import { within } from './within.ts';
import { auditOf, type World } from './world.ts';
import { worktreeOfRun } from './worktree-of-run.ts';

/**
 * Whoever carried the kill out does not leave before the work is kept, but for no longer than this. What was not kept is
 * in the worktree, which stays.
 */
const limitMilliseconds = 60_000;

/** A kill that takes longer is not waited for. */
const crowdMilliseconds = 10_000;

/**
 * Keeps what a run that was killed left in its worktree and its branch does not hold. Nobody has to wait for it, and a
 * crowd that is killed at once ends sooner when git leaves it the processor: 200 runs in four fifths of the time.
 */
export function keepCheckpoint(world: World, run: Run): Promise<void> {
  const keeping = keepAfterOthers(world, run).finally(() => world.keeping.delete(run.runId));
  world.keeping.set(run.runId, keeping);
  return keeping;
}

async function keepAfterOthers(world: World, run: Run): Promise<void> {
  if (run.worktree === null) return;
  // Whoever has killed it is told when that is in the audit file, and not held up by git until then.
  await world.store.auditCopied();
  const others = [...world.carried.values()].map(({ ended }) => ended);
  await within(world.clock, crowdMilliseconds, Promise.allSettled(others));
  await keep(world, run, run.worktree.path, 'kill');
}

/** @throws WardenError unknown_run, no_worktree, disk_full, git_failed */
export async function checkpointByHand(world: World, runId: string, worktreePath?: string): Promise<string | null> {
  const run = await findRunFor(world, 'checkpoint', runId);
  const path = await auditingRefusal(world, 'checkpoint', { runId: run.runId }, () =>
    worktreeOfRun(world, run, worktreePath),
  );
  return keep(world, run, path, 'by_hand');
}

/** The same for a run that goes on. @throws WardenError disk_full, git_failed */
export async function checkpointAtInterval(world: World, run: Run): Promise<void> {
  if (run.worktree !== null) await keep(world, run, run.worktree.path, 'interval');
}

/** @returns the ref; null when there was nothing that the branch does not hold */
async function keep(world: World, run: Run, path: string, why: CheckpointReason): Promise<string | null> {
  const { runId } = run;
  try {
    const keeping = world.worktrees.checkpoint({ path, runId, why });
    const isDone = keeping.then(
      () => true,
      () => true,
    );
    if ((await within(world.clock, limitMilliseconds, isDone)) === null)
      await endOwnGit(world, checkpointCookie(runId));
    const checkpoint = await keeping;
    if (checkpoint !== null) {
      await world.store.audit(auditOf(world, runId, 'checkpoint', 'done', { facts: { checkpoint, for: why } }));
      await noteCheckpoints(world, run);
    }
    return checkpoint;
  } catch (error) {
    const facts = { for: why, detail: failureWords(error) };
    await world.store.audit(auditOf(world, runId, 'checkpoint', 'failed', { facts }));
    throw error;
  }
}
