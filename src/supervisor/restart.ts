import { WardenError, isWardenError } from '../core/errors.ts';
import { failuresAtOnceAfter, retryDelay } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import type { Workflow } from '../core/workflow.ts';
import { findRun, runNow } from './find-run.ts';
import { kill } from './kill.ts';
import { launchInPlaceOf, type LaunchOptions, workflowNamed } from './launch.ts';
import { endIfOver } from './reconcile.ts';
import type { World } from './world.ts';

export interface RestartOptions extends Pick<
  LaunchOptions,
  'onProgress' | 'onWait' | 'isLeftInQueue' | 'sessionId' | 'include'
> {
  readonly why?: string;
  /** Nobody asked for it: it counts towards the workflow's retries. */
  readonly retry?: boolean;
  /** Refused also when the run that was started in its place is over: for a restart that nobody asks for. */
  readonly once?: boolean;
}

/**
 * Starts a run again: the same workflow, message and base, in a worktree of its own. The old run is proved gone first,
 * and however many ask at once, one run takes its place: there are never two.
 * @returns the new run, which names the one that it replaces
 * @throws WardenError unknown_run, not_proved_gone, already_replaced, and what a launch throws
 */
export async function restart(world: World, runId: string, options: RestartOptions = {}): Promise<Run> {
  // Nothing can be started without it, and then nothing should be ended for it.
  await world.store.requireDatabase();
  const old = await endOf(world, await endIfOver(world, await findRun(world.store, runId)), options.why ?? 'restart');
  const workflow = await presentDefinition(world, old);
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
      retryNumber: options.retry === true ? old.retryNumber + 1 : 0,
      failuresAtOnce: options.retry === true ? failuresAtOnceAfter(old) : 0,
      replacing: options.once === true ? 'once' : 'one_at_a_time',
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
    if (!isWardenError(error, 'already_replaced')) throw error;
  }
}

async function endOf(world: World, run: Run, why: string): Promise<Run> {
  if (isTerminal(run.status)) return run;
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
async function presentDefinition(world: World, run: Run): Promise<Workflow> {
  const repository = await world.worktrees.repositoryOf(run.repository);
  try {
    return await workflowNamed(world, repository, run.workflowName);
  } catch (error) {
    if (isWardenError(error, 'unknown_workflow') || isWardenError(error, 'no_workflows')) return run.workflow;
    throw error;
  }
}
