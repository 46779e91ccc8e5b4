import type { Run, RunReason } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { type Course, escalate } from './escalate.ts';
import { runNow } from './find-run.ts';
import { removeTemporaryFiles } from './temporary-files.ts';
import { auditOf, type World } from './world.ts';

/** What never became a run has nothing to save. */
const atOnce: Course = {
  decidedMonotonic: -Infinity,
  begunMonotonic: -Infinity,
  reached: null,
  isForced: () => true,
  onWait: () => Promise.resolve(),
  onBegin: () => Promise.resolve(),
  onFirstSignal: () => Promise.resolve(),
  onPhase: () => undefined,
};

/**
 * Takes back a launch that will not become a run: ends what it started (a setup command, a wrapper that waits), removes
 * its worktree, branch and lock, and only then writes the end. What cannot be undone stays visible: the run is over, and
 * its worktree is listed.
 */
export async function undoLaunch(
  world: World,
  run: Run,
  status: 'failed' | 'terminated',
  reason: RunReason,
): Promise<Run> {
  const { survivors } = await escalate(world, run, atOnce);
  if (survivors.length > 0) return runNow(world.store, run.runId);
  await removeTemporaryFiles(world, run);
  let worktree = run.worktree;
  if (worktree !== null) {
    try {
      const repository = await world.worktrees.repositoryOf(run.repository);
      await world.worktrees.undo(repository, { ...worktree, runId: run.runId });
      worktree = null;
    } catch (error) {
      world.diagnostics.failed(`taking back the worktree of ${run.runId}`, error);
    }
  }
  const patch = { status, reason, worktree, endedAt: world.clock.now(), launcher: null, stop: null };
  const audit = auditOf(world, run.runId, 'launch', 'failed', { facts: { ...reason } });
  const ended = await world.store.change(run.runId, (now) => !isTerminal(now.status), patch, audit);
  return ended ?? runNow(world.store, run.runId);
}
