import type { Survivor } from '../core/kill-report.ts';
import { isSameLauncher, mayBePutBack } from '../core/queue.ts';
import type { Run, RunReason, RunWorktree, StopIntent } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { type Course, escalate } from './escalate.ts';
import { runNow } from './find-run.ts';
import { handBack } from './resumed-worktree.ts';
import { removeTemporaryFiles } from './temporary-files.ts';
import { auditOf, type World } from './world.ts';

/**
 * What never became a run has nothing to save. It takes some seconds at most, so that one who only passes by comes to its
 * end too.
 */
const atOnce: Course = {
  signal: new AbortController().signal,
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
  const left = await takeBack(world, run);
  if (left === 'survivors') return runNow(world.store, run.runId);
  await world.folders.forgetEnvironment(run.runId);
  const patch = { status, reason, worktree: left, endedAt: world.clock.now(), launcher: null, stop: null };
  const audit = auditOf(world, run.runId, 'launch', 'failed', { facts: { ...reason, status: patch.status } });
  const ended = await world.store.change(run.runId, (now) => !isTerminal(now.status), patch, audit);
  return ended ?? runNow(world.store, run.runId);
}

/**
 * The same for a launch that was cut off before its command began: one that came from the queue goes back to its place,
 * any other has failed. Nobody starts it before all of it is taken back: that is one supervisor's, as its launch is.
 * @param run as it was seen, with its launcher gone
 */
export async function undoInterrupted(world: World, run: Run): Promise<Run> {
  const reason = { code: 'launch_interrupted' } as const;
  if (!mayBePutBack(run)) return undoLaunch(world, run, 'failed', reason);
  const mine = await world.store.change(run.runId, (now) => isSameAttempt(now, run), {
    status: 'pending',
    startedAt: null,
    process: null,
    launcher: world.executor.self,
  });
  if (mine?.queue == null) return runNow(world.store, run.runId);
  const left = await takeBack(world, { ...mine, process: run.process });
  if (left === 'survivors') return (await changeOwn(world, run, { launcher: null })) ?? runNow(world.store, run.runId);
  if (left !== null) return undoLaunch(world, { ...mine, worktree: left }, 'failed', reason);
  await world.folders.forgetExit(run.runId);
  const audit = auditOf(world, run.runId, 'launch', 'failed', { facts: { ...reason, put_back: true } });
  const queue = { ...mine.queue, waits: true };
  const queued = await changeOwn(
    world,
    run,
    { worktree: null, ports: null, warnings: [], queue, launcher: null },
    audit,
  );
  if (queued !== null) return queued;
  const now = await runNow(world.store, run.runId);
  return now.stop === null ? now : undoLaunch(world, now, 'terminated', cancelReason(now.stop));
}

export function cancelReason(stop: StopIntent): RunReason {
  return { code: 'cancelled', by: stop.actor.user, why: stop.why };
}

/** Ends what a launch has started: a setup command, a wrapper that waits. @returns who is left */
export async function endBegun(world: World, run: Run): Promise<readonly Survivor[]> {
  return (await escalate(world, run, atOnce)).survivors;
}

/** @returns the worktree, where it could not be removed */
async function takeBack(world: World, run: Run): Promise<RunWorktree | 'survivors' | null> {
  const survivors = await endBegun(world, run);
  if (survivors.length > 0) return 'survivors';
  await removeTemporaryFiles(world, run);
  if (run.worktree === null) return null;
  try {
    const repository = await world.worktrees.repositoryOf(run.repository);
    if (run.resume?.kind === 'worktree' && run.restartedFrom !== null) {
      await handBack(world, repository, run, run.restartedFrom);
      return null;
    }
    await world.worktrees.undo(repository, { ...run.worktree, runId: run.runId });
    return null;
  } catch (error) {
    world.diagnostics.failed(`taking back the worktree of ${run.runId}`, error);
    return run.worktree;
  }
}

/** Nobody has taken it back or put it into the queue since it was seen. */
function isSameAttempt(now: Run, seen: Run): boolean {
  return (
    now.status === seen.status &&
    now.stop === null &&
    now.queue?.waits === false &&
    now.queue.turns === seen.queue?.turns &&
    isSameLauncher(now.launcher, seen.launcher)
  );
}

function changeOwn(
  world: World,
  { runId }: Run,
  ...change: Parameters<World['store']['change']> extends [unknown, unknown, ...infer Rest] ? Rest : never
): Promise<Run | null> {
  const isOurs = (now: Run): boolean =>
    now.status === 'pending' && now.stop === null && isSameLauncher(now.launcher, world.executor.self);
  return world.store.change(runId, isOurs, ...change);
}
