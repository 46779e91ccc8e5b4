import { WardenError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest-names.ts';
import type { Replacing } from '../core/ports/store.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { isQueued, type QueueWait } from '../core/queue.ts';
import type { Resume, Run } from '../core/run.ts';
import { type RunId, runIdFrom } from '../core/run-id.ts';
import type { Workflow } from '../core/workflow.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { findRun, runNow } from './find-run.ts';
import { giveUp, makeAndStart, type OnLaunchProgress, requirePrograms } from './launch-steps.ts';
import { queueNow } from './queue-now.ts';
import { isLaunchedHere, isLauncher, takeTurn } from './queued-launches.ts';
import { auditOf, type World } from './world.ts';

export interface LaunchOptions {
  readonly workflowName: string;
  /** A folder in the repository. */
  readonly directory: string;
  readonly message: string;
  /** Commit, branch or tag to start from; HEAD of the main checkout when absent. */
  readonly base?: string;
  readonly persistent?: boolean;
  readonly sessionId?: string;
  readonly parentRunId?: RunId;
  /** More patterns of ignored files that the run needs, e.g. VS Code's `git.worktreeIncludeFiles`. */
  readonly include?: readonly string[];
  readonly onProgress?: OnLaunchProgress;
  /** Told what it waits for, whenever that changes. */
  readonly onWait?: (wait: QueueWait) => void;
  /** Runs that must complete first; those that take their places count for them. */
  readonly after?: readonly string[];
  /** Where it is not the run's turn yet, whoever watches starts it later: nobody waits for it here. */
  readonly isLeftInQueue?: boolean;
}

/** What a restart adds. */
export interface Replacement {
  readonly workflow: Workflow;
  readonly baseCommit: string;
  readonly restartedFrom: RunId;
  readonly resume: Resume | null;
  readonly retryNumber: number;
  readonly failuresAtOnce: number;
  /** When it is refused since another run has taken that one's place. */
  readonly replacing: Replacing;
  /** As whoever asked for it said. */
  readonly why?: string | undefined;
}

/** How often a launch that somebody else carries out is looked at. */
const followMilliseconds = 100;

/**
 * Starts a run in a worktree of its own. Any step that fails undoes the earlier ones and there is no fallback to the main
 * checkout, ever.
 * @returns the run when its command was let go
 * @throws WardenError before anything was made when the request is wrong; launch_failed with the step afterwards
 */
export async function launch(world: World, options: LaunchOptions): Promise<Run> {
  const { repository, workflow } = await auditingRefusal(world, 'launch', attemptOf(options), async () => {
    const found = await world.worktrees.repositoryOf(options.directory);
    return { repository: found, workflow: await workflowNamed(world, found, options.workflowName) };
  });
  return launchNew(world, repository, workflow, options);
}

const attemptOf = ({ workflowName, directory, base }: LaunchOptions) => ({
  runId: null,
  facts: { workflow: workflowName, repository: directory, ...(base === undefined ? {} : { base }) },
});

/** Starts the run that takes another's place: the same workflow, message and base. */
export async function launchInPlaceOf(world: World, options: LaunchOptions, replacement: Replacement): Promise<Run> {
  const repository = await world.worktrees.repositoryOf(options.directory);
  return launchFrom(world, repository, options, replacement);
}

/** Starts a run of a workflow that no file defines. */
export async function launchWorkflow(world: World, workflow: Workflow, options: LaunchOptions): Promise<Run> {
  return launchNew(world, await world.worktrees.repositoryOf(options.directory), workflow, options);
}

/** Starts a run that takes nobody's place. */
async function launchNew(
  world: World,
  repository: Repository,
  workflow: Workflow,
  options: LaunchOptions,
): Promise<Run> {
  const baseCommit = await auditingRefusal(world, 'launch', attemptOf(options), () =>
    world.worktrees.commitOf(repository, options.base ?? 'HEAD'),
  );
  const origin: Origin = {
    workflow,
    baseCommit,
    restartedFrom: null,
    resume: null,
    retryNumber: 0,
    failuresAtOnce: 0,
    replacing: 'one_at_a_time',
  };
  return launchFrom(world, repository, options, origin);
}

export async function workflowNamed(world: World, repository: Repository, name: string): Promise<Workflow> {
  const workflows = await world.definitions.load(repository.path);
  const workflow = workflows.get(name);
  if (workflow !== undefined) return workflow;
  const known = [...workflows.keys()];
  throw new WardenError('unknown_workflow', { name, nearest: nearestNames(name, known), known });
}

type Origin = Omit<Replacement, 'restartedFrom'> & { readonly restartedFrom: RunId | null };

async function launchFrom(world: World, repository: Repository, options: LaunchOptions, origin: Origin): Promise<Run> {
  const environment = world.executor.environment();
  const after = await auditingRefusal(world, 'launch', attemptOf(options), async () => {
    await requirePrograms(world, repository.path, origin.workflow, environment, 'before');
    return Promise.all((options.after ?? []).map((runId) => findRun(world.store, runId)));
  });
  const run = await accept(world, repository, options, origin, [...new Set(after.map(({ runId }) => runId))]);
  let turn = run;
  try {
    options.onProgress?.('queue', run);
    await world.folders.create(run);
    if (run.queue !== null) turn = await waitForTurn(world, run, environment, options);
  } catch (error) {
    return giveUp(world, run, 'queue', error);
  }
  if (isQueued(turn)) return turn;
  return isLaunchedHere(world, turn)
    ? makeAndStart(world, repository, turn, {
        environment,
        include: options.include ?? [],
        onProgress: options.onProgress,
      })
    : followLaunch(world, turn);
}

/** @returns the run with its turn, or as it is when somebody else has cancelled or started it, or it is left to others */
async function waitForTurn(
  world: World,
  run: Run,
  environment: Readonly<Record<string, string>>,
  options: LaunchOptions,
): Promise<Run> {
  const turn = await takeTurn(world, run, (await queueNow(world)).awaited);
  if (turn !== null) return turn;
  // For whoever starts it in our place.
  await world.folders.keepEnvironment(run.runId, environment);
  if (options.isLeftInQueue === true) return run;
  try {
    return await world.queued.wait(run, { onWait: options.onWait, signal: world.disposed });
  } catch (error) {
    // Nobody has to find out first that we are gone.
    await world.store.change(run.runId, (now) => isQueued(now) && isLauncher(world, now), { launcher: null });
    throw error;
  }
}

/**
 * Starts a run from the queue whose turn this supervisor has taken in the place of its launcher, as that would have.
 * @throws WardenError launch_failed with the step
 */
export async function startQueued(world: World, run: Run): Promise<Run> {
  let repository: Repository;
  let environment: Readonly<Record<string, string>>;
  try {
    // He may have died before he had made it.
    await world.folders.create(run);
    environment = (await world.folders.keptEnvironment(run.runId)) ?? world.executor.environment();
    repository = await world.worktrees.repositoryOf(run.repository);
  } catch (error) {
    return giveUp(world, run, 'queue', error);
  }
  return makeAndStart(world, repository, run, {
    environment,
    include: run.queue?.include ?? [],
    onProgress: undefined,
  });
}

/** Waits for the end of a launch that somebody else carries out. */
async function followLaunch(world: World, { runId }: Run): Promise<Run> {
  for (;;) {
    const run = await runNow(world.store, runId);
    if (run.reason?.code === 'launch_failed') throw new WardenError('launch_failed', { runId, ...run.reason });
    if (run.status !== 'pending') return run;
    await world.clock.sleep(followMilliseconds, world.disposed);
  }
}

/** A pending row, then everything else: there is never a folder or a process without a row. */
async function accept(
  world: World,
  repository: Repository,
  options: LaunchOptions,
  origin: Origin,
  after: readonly RunId[],
): Promise<Run> {
  // Otherwise it is always its turn. A retry never has to wait, but nobody asks for it again if its launcher goes away.
  const mayWait = origin.workflow.maxConcurrentRuns !== null || after.length > 0 || origin.replacing === 'once';
  const queue = mayWait ? { waits: true, turns: 0, after, include: options.include ?? [] } : null;
  for (;;) {
    const runId = runIdFrom(world.randomBytes(6));
    const run: Run = {
      runId,
      workflowName: origin.workflow.name,
      workflow: origin.workflow,
      status: 'pending',
      reason: null,
      message: options.message,
      sessionId: options.sessionId ?? null,
      createdAt: world.clock.now(),
      startedAt: null,
      endedAt: null,
      exitCode: null,
      signal: null,
      repository: repository.path,
      worktree: null,
      base: options.base ?? 'HEAD',
      baseCommit: origin.baseCommit,
      persistent: options.persistent ?? origin.workflow.persistent,
      owner: world.actor.user,
      parentRunId: options.parentRunId ?? null,
      restartedFrom: origin.restartedFrom,
      resume: origin.resume,
      retryNumber: origin.retryNumber,
      ports: null,
      warnings: [],
      failuresAtOnce: origin.failuresAtOnce,
      queue,
      launcher: queue !== null && options.isLeftInQueue === true ? null : world.executor.self,
      stop: null,
      killMethod: null,
      killReport: null,
      process: null,
      snoozedUntil: null,
      extraMinutes: 0,
      followUp: null,
      isRetryCancelled: false,
    };
    const audit = auditOf(world, runId, 'launch', 'asked', {
      why: origin.why ?? null,
      facts: {
        workflow: run.workflowName,
        repository: run.repository,
        base_commit: run.baseCommit,
        restarted_from: run.restartedFrom,
      },
    });
    if (await world.store.insertRun(run, audit, origin.replacing)) return run;
  }
}
