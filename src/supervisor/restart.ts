import { WardenError, isWardenError } from '../core/errors.ts';
import { failuresAtOnceAfter, retryDelay } from '../core/retry.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import type { Resume, Run, RunWorktree } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import type { Workflow } from '../core/workflow.ts';
import { endLatecomers } from './end-latecomers.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { findRunFor, runNow } from './find-run.ts';
import { kill } from './kill.ts';
import { launchInPlaceOf, type LaunchOptions, workflowNamed } from './launch.ts';
import { requirePrograms } from './launch-steps.ts';
import { endIfOver } from './reconcile.ts';
import { requireResumable, worktreeToResume } from './resumed-worktree.ts';
import type { World } from './world.ts';

export interface RestartOptions extends Pick<
  LaunchOptions,
  'onProgress' | 'onWait' | 'isLeftInQueue' | 'sessionId' | 'include'
> {
  readonly why?: string;
  /**
   * What the new run goes on with: the old one's own worktree, or a checkpoint of its work (the last one when null, taken
   * now where the worktree is there) in a worktree of its own. It begins anew from the base when absent.
   */
  readonly resume?: 'worktree' | { readonly checkpoint: number | null };
  /** Nobody asked for it: it counts towards the workflow's retries. */
  readonly retry?: boolean;
  /** Refused also when the run that was started in its place is over: for a restart that nobody asks for. */
  readonly once?: boolean;
}

/**
 * Starts a run again: the same workflow, message and base, in a worktree of its own or, where that is wanted, in the old
 * run's. That is proved gone first, and however many ask at once, one run takes its place: there are never two.
 * @returns the new run, which names the one that it replaces
 * @throws WardenError unknown_run, not_proved_gone, already_replaced, no_worktree, worktree_occupied, no_checkpoint, and
 * what a launch throws
 */
export async function restart(world: World, runId: string, options: RestartOptions = {}): Promise<Run> {
  // Nothing can be started without it, and then nothing should be ended for it.
  await world.store.requireDatabase();
  const found = await findRunFor(world, 'restart', runId, options.why);
  const about = { runId: found.runId, why: options.why };
  // Nothing is ended for what cannot be done then.
  const workflow = await auditingRefusal(world, 'restart', about, () => requirePossible(world, found, options));
  const old = await endOf(world, await endIfOver(world, found), options.why ?? 'restart');
  const resume = await auditingRefusal(world, 'restart', about, () => resumeOf(world, old, options.resume));
  return launchInPlaceOf(
    world,
    {
      ...options,
      workflowName: old.workflowName,
      directory: old.repository,
      message: old.message,
      base: old.base,
      persistent: old.persistent,
      ...(old.parentRunId === null ? {} : { parentRunId: old.parentRunId }),
    },
    {
      workflow,
      baseCommit: old.baseCommit,
      restartedFrom: old.runId,
      resume,
      retryNumber: options.retry === true ? old.retryNumber + 1 : 0,
      failuresAtOnce: options.retry === true ? failuresAtOnceAfter(old) : 0,
      replacing: options.once === true ? 'once' : 'one_at_a_time',
      why: options.why,
    },
  );
}

/**
 * Starts a run again without being asked for it, after its end, as long as its retries allow it. Two may watch for a moment, as when a machine wakes: of what
 * both start in its place there is one.
 */
export async function restartOnce(world: World, run: Run): Promise<void> {
  // That it is not too late was decided by whoever asks, by a clock that nobody sets.
  if (run.endedAt === null || retryDelay(run, run.endedAt, false) === null) return;
  try {
    await restart(world, run.runId, { why: 'retry', retry: true, once: true, isLeftInQueue: true });
  } catch (error) {
    if (!isWardenError(error, 'already_replaced') && !isWardenError(error, 'retry_cancelled')) throw error;
  }
}

/** @returns what the workflow is now */
async function requirePossible(world: World, run: Run, { resume }: RestartOptions): Promise<Workflow> {
  const { runId, worktree, startedAt } = run;
  if (resume === 'worktree') await requireResumable(world, run);
  const repository = await world.worktrees.repositoryOf(run.repository);
  if (typeof resume === 'object') {
    const { checkpoint } = resume;
    const mayBeTaken = checkpoint === null && worktree !== null && startedAt !== null;
    // The last one is taken after its end, when nobody writes any more; that there will be one is known only where there is.
    if (mayBeTaken && (await world.worktrees.checkpointsOf(repository, runId)).length === 0)
      await keepIfThere(world, runId, worktree);
    await checkpointOf(world, repository, runId, checkpoint);
  }
  const workflow = await presentDefinition(world, repository, run);
  await requirePrograms(world, repository.path, workflow, world.executor.environment(), 'before');
  return workflow;
}

async function resumeOf(world: World, old: Run, wanted: RestartOptions['resume']): Promise<Resume | null> {
  if (wanted === undefined) return null;
  if (wanted === 'worktree') {
    await worktreeToResume(world, old);
    return { kind: 'worktree' };
  }
  const { runId, worktree } = old;
  const { checkpoint } = wanted;
  if (checkpoint === null && worktree !== null) await keepIfThere(world, runId, worktree);
  const repository = await world.worktrees.repositoryOf(old.repository);
  return { kind: 'checkpoint', number: await checkpointOf(world, repository, runId, checkpoint) };
}

/** Where the folder has gone, what was kept of it before has to do. */
async function keepIfThere(world: World, runId: RunId, { path }: RunWorktree): Promise<void> {
  try {
    await world.worktrees.checkpoint({ path, runId, why: 'restart' });
  } catch (error) {
    if (!isWardenError(error, 'not_a_repository')) throw error;
  }
}

/** @param wanted the last one when null @throws WardenError no_checkpoint */
async function checkpointOf(
  world: World,
  repository: Repository,
  runId: RunId,
  wanted: number | null,
): Promise<number> {
  const there = await world.worktrees.checkpointsOf(repository, runId);
  const found = wanted === null ? there.at(-1) : there.find(({ number }) => number === wanted);
  if (found !== undefined) return found.number;
  throw new WardenError('no_checkpoint', { runId, number: wanted, known: there.map(({ number }) => number) });
}

async function endOf(world: World, run: Run, why: string): Promise<Run> {
  if (isTerminal(run.status)) {
    const ended = await endLatecomers(world, run);
    if (ended?.success === false) throw new WardenError('not_proved_gone', { runId: run.runId });
    return run;
  }
  try {
    await kill(world, run.runId, { why });
  } catch (error) {
    // It ended by itself meanwhile: what the restart needs is only that it is over.
    if (!isWardenError(error, 'run_is_over')) throw error;
  }
  const ended = await runNow(world.store, run.runId);
  if (!isTerminal(ended.status)) throw new WardenError('not_proved_gone', { runId: run.runId });
  return ended;
}

/** What the workflow is now, since a restart often follows a correction; as it was where it is not defined any more. */
async function presentDefinition(world: World, repository: Repository, run: Run): Promise<Workflow> {
  try {
    return await workflowNamed(world, repository, run.workflowName);
  } catch (error) {
    if (isWardenError(error, 'unknown_workflow') || isWardenError(error, 'no_workflows')) return run.workflow;
    throw error;
  }
}
