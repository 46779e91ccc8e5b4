import { type ErrorFacts, type LaunchStep, WardenError, isWardenError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest-names.ts';
import type { HeldLaunch } from '../core/ports/executor.ts';
import type { Replacing } from '../core/ports/store.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { runsAheadInQueue } from '../core/queue.ts';
import type { Run, RunReason, RunWorktree } from '../core/run.ts';
import { type RunId, runIdFrom } from '../core/run-id.ts';
import { argvOf, type Workflow } from '../core/workflow.ts';
import { branchFor, worktreePathFor } from '../core/worktree-names.ts';
import { failureWords } from './failure-words.ts';
import { runNow } from './find-run.ts';
import { cancelReason } from './stop.ts';
import { makeTemporaryFolder } from './temporary-files.ts';
import { undoLaunch } from './undo-launch.ts';
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
  /** Told at each step. */
  readonly onProgress?: (step: LaunchStep, run: Run) => void;
}

/** What a restart adds. */
export interface Replacement {
  readonly workflow: Workflow;
  readonly baseCommit: string;
  readonly restartedFrom: RunId;
  readonly retryNumber: number;
  /** When it is refused since another run has taken that one's place. */
  readonly replacing: Replacing;
}

/** How often a launch looks whether it was cancelled, or whether it is its turn. */
const lookMilliseconds = 100;

/**
 * Starts a run in a worktree of its own. Any step that fails undoes the earlier ones and there is no fallback to the main
 * checkout, ever.
 * @returns the run when its command was let go
 * @throws WardenError before anything was made when the request is wrong; launch_failed with the step afterwards
 */
export async function launch(world: World, options: LaunchOptions): Promise<Run> {
  const repository = await world.worktrees.repositoryOf(options.directory);
  return launchNew(world, repository, await workflowNamed(world, repository, options.workflowName), options);
}

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
  const baseCommit = await world.worktrees.commitOf(repository, options.base ?? 'HEAD');
  const origin: Origin = { workflow, baseCommit, restartedFrom: null, retryNumber: 0, replacing: 'one_at_a_time' };
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
  await requirePrograms(world, repository.path, origin.workflow, 'before');
  const run = await accept(world, repository, options, origin);
  const cancelled = new AbortController();
  const watching = watchForCancel(world, run.runId, cancelled);
  try {
    return await takeSteps(world, repository, run, options, AbortSignal.any([cancelled.signal, world.disposed]));
  } finally {
    watching.end();
    await watching.ended;
  }
}

async function takeSteps(
  world: World,
  repository: Repository,
  accepted: Run,
  options: LaunchOptions,
  signal: AbortSignal,
): Promise<Run> {
  let run = accepted;
  let step: LaunchStep = 'queue';
  const enter = (next: LaunchStep): void => {
    signal.throwIfAborted();
    step = next;
    options.onProgress?.(next, run);
  };
  try {
    enter('queue');
    await world.folders.create(run);
    await waitForTurn(world, run, signal);
    enter('worktree');
    run = await makeWorktree(world, repository, run, signal);
    const worktree = worktreeOf(run);
    enter('include');
    await world.worktrees.include(repository, worktree.path, [...(options.include ?? []), ...run.workflow.include]);
    const environment = environmentOf(world, run, await makeTemporaryFolder(world, run));
    if (run.restartedFrom !== null) {
      enter('checkpoint');
      await world.folders.handCheckpoint(run.restartedFrom, run.runId, signal);
    }
    enter('setup');
    await setUp(world, run, environment, signal);
    enter('start');
    await requirePrograms(world, worktree.path, run.workflow, 'after');
    return await start(world, run, environment, signal);
  } catch (error) {
    return giveUp(world, run, step, error);
  }
}

/** A pending row, then everything else: there is never a folder or a process without a row. */
async function accept(world: World, repository: Repository, options: LaunchOptions, origin: Origin): Promise<Run> {
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
      retryNumber: origin.retryNumber,
      launcher: world.executor.self,
      stop: null,
      killMethod: null,
      killReport: null,
      process: null,
      snoozedUntil: null,
      extraMinutes: 0,
      followUp: null,
    };
    const audit = auditOf(world, runId, 'launch', 'asked', {
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

async function waitForTurn(world: World, run: Run, signal: AbortSignal): Promise<void> {
  const { maxConcurrentRuns } = run.workflow;
  if (maxConcurrentRuns === null) return;
  for (;;) {
    if (runsAheadInQueue(run.runId, await world.store.activeRuns(), maxConcurrentRuns) === 0) return;
    await world.clock.sleep(lookMilliseconds, signal);
  }
}

/** The row names the worktree before it is made, so that whoever finds a dead launcher knows what to look for. */
async function makeWorktree(world: World, repository: Repository, run: Run, signal: AbortSignal): Promise<Run> {
  const worktree: RunWorktree = {
    path: worktreePathFor(repository.path, run.workflowName, run.runId),
    branch: branchFor(run.workflowName, run.runId),
  };
  const named = await changePending(world, run, { worktree });
  await world.worktrees.create({ repository, runId: run.runId, baseCommit: run.baseCommit, signal, ...worktree });
  return named;
}

async function setUp(world: World, run: Run, environment: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { setup } = run.workflow;
  if (setup === null) return;
  const outputFile = world.folders.setupFileOf(run.runId);
  const worktree = worktreeOf(run);
  const failure = await world.executor.runToEnd({
    argv: setup,
    workingDirectory: worktree.path,
    environment,
    outputFile,
    signal,
  });
  signal.throwIfAborted();
  if (failure !== null)
    throw new WardenError('launch_failed', {
      runId: run.runId,
      step: 'setup',
      detail: `${failure} (see ${outputFile})`,
    });
}

async function start(world: World, run: Run, environment: Record<string, string>, signal: AbortSignal): Promise<Run> {
  const held = await world.executor.launch({
    runId: run.runId,
    argv: argvOf(run.workflow.command, run.message),
    workingDirectory: worktreeOf(run).path,
    environment,
    runDirectory: world.folders.pathOf(run.runId),
    outputFile: world.folders.outputFileOf(run.runId),
  });
  try {
    signal.throwIfAborted();
    const running = await recordStart(world, run, held);
    await held.release();
    return running;
  } catch (error) {
    held.abandon();
    throw error;
  }
}

/** From here on the run has a process: written down before the command is let go. */
async function recordStart(world: World, run: Run, { wrapper, command, containment }: HeldLaunch): Promise<Run> {
  const now = world.clock.now();
  const process = {
    wrapper,
    command,
    containment,
    startedMonotonic: world.clock.monotonic(),
    lastHeartbeat: now,
    observation: null,
  };
  const patch = { status: 'running', startedAt: now, process, launcher: null } as const;
  const audit = auditOf(world, run.runId, 'launch', 'done', {
    facts: { pid: command.pid, worktree: run.worktree?.path, containment },
  });
  return changePending(world, run, patch, audit);
}

async function changePending(world: World, run: Run, ...change: ChangeArguments): Promise<Run> {
  const stillOurs = (now: Run): boolean => now.status === 'pending' && now.stop === null;
  const changed = await world.store.change(run.runId, stillOurs, ...change);
  if (changed === null) throw new DOMException('the launch was cancelled', 'AbortError');
  return changed;
}

type ChangeArguments = Parameters<World['store']['change']> extends [unknown, unknown, ...infer Rest] ? Rest : never;

async function giveUp(world: World, run: Run, step: LaunchStep, error: unknown): Promise<Run> {
  const now = await runNow(world.store, run.runId);
  if (now.stop !== null) return undoLaunch(world, now, 'terminated', cancelReason(now.stop));
  const detail = failureWords(error);
  const reason: RunReason = { code: 'launch_failed', step, detail };
  // A supervisor that is being disposed of leaves the rest to whoever comes next.
  if (world.disposed.aborted) throw error;
  await undoLaunch(world, now, 'failed', reason);
  const facts: ErrorFacts['launch_failed'] = { runId: run.runId, step, detail };
  throw isWardenError(error) && error.code !== 'launch_failed' && error.code !== 'git_failed'
    ? error
    : new WardenError('launch_failed', facts, { cause: error });
}

function environmentOf(world: World, run: Run, temporaryFolder: string | null): Record<string, string> {
  return {
    ...world.executor.environment(),
    ...(temporaryFolder === null ? {} : world.executor.temporaryFolderVariables(temporaryFolder)),
    ...run.workflow.env,
    WARDEN_RUN_ID: run.runId,
    WARDEN_RUN_DIR: world.folders.pathOf(run.runId),
    WARDEN_ROOT: run.repository,
    WARDEN_MESSAGE: run.message,
    WARDEN_CHECKPOINT_DIR: world.folders.checkpointFolderOf(run.runId),
    ...(run.restartedFrom === null ? {} : { WARDEN_RESTARTED_FROM: run.restartedFrom }),
    ...(run.parentRunId === null ? {} : { WARDEN_PARENT_RUN_ID: run.parentRunId }),
  };
}

/**
 * A program that is not there would fail the run with a shell's exit code; it is told apart here. A path is looked up in
 * the worktree, once that exists; a bare name on the PATH, before anything is made.
 */
async function requirePrograms(
  world: World,
  directory: string,
  workflow: Workflow,
  when: 'before' | 'after',
): Promise<void> {
  const environment = { ...world.executor.environment(), ...workflow.env };
  const programs = [workflow.setup?.[0], workflow.command[0]].filter((program) => program !== undefined);
  for (const program of programs) {
    const isPath = /[\\/]/.test(program);
    if (isPath === (when === 'before')) continue;
    if ((await world.executor.findProgram(program, directory, environment)) === null) {
      throw new WardenError('command_not_found', { command: program });
    }
  }
}

function worktreeOf(run: Run): RunWorktree {
  if (run.worktree === null) throw new RangeError(`${run.runId} has no worktree yet`);
  return run.worktree;
}

/** Whoever cancels writes it on the row; the launcher, which may be in a long step, looks for it. */
function watchForCancel(world: World, runId: RunId, cancelled: AbortController): { end(): void; ended: Promise<void> } {
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, world.disposed]);
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await world.clock.sleep(lookMilliseconds, signal);
      const run = await world.store.run(runId);
      if (run !== null && run.stop !== null) cancelled.abort();
    }
  };
  const ended = watch().catch((error: unknown) => {
    if (!signal.aborted) world.diagnostics.failed('looking for a cancelled launch', error);
  });
  return { end: () => end.abort(), ended };
}
