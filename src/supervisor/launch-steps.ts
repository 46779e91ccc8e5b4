import { type ErrorFacts, isWardenError, type LaunchStep, WardenError } from '../core/errors.ts';
import type { HeldLaunch } from '../core/ports/executor.ts';
import type { CopyProgress, Repository } from '../core/ports/worktrees.ts';
import type { Run, RunReason, RunWarning, RunWorktree } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { argvOf, type Workflow } from '../core/workflow.ts';
import { branchFor, worktreePathFor } from '../core/worktree-names.ts';
import { fromPool } from './from-pool.ts';
import { failureWords } from './failure-words.ts';
import { runNow } from './find-run.ts';
import { isLaunchedHere } from './queued-launches.ts';
import { reservePorts } from './reserve-ports.ts';
import { giveToken } from './run-token.ts';
import { runVariables } from './run-variables.ts';
import { takeOver, worktreeToResume } from './resumed-worktree.ts';
import { makeTemporaryFolder } from './temporary-files.ts';
import { runTimeBoxed } from './time-boxed-command.ts';
import { cancelReason, undoLaunch } from './undo-launch.ts';
import { auditOf, type World } from './world.ts';

/** Told at each step, and while files are copied how far that is. */
export type OnLaunchProgress = (step: LaunchStep, run: Run, copied?: CopyProgress) => void;

/** How often a launch looks whether it was cancelled. */
const lookMilliseconds = 100;

export interface Steps {
  /** What the run starts from: the environment of whoever asked for it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Patterns of ignored files that it needs, besides its workflow's. */
  readonly include: readonly string[];
  /** Told at each step. */
  readonly onProgress: OnLaunchProgress | undefined;
}

/**
 * Makes the worktree of a run whose turn it is, and starts its command. A step that fails undoes the earlier ones.
 * @throws WardenError launch_failed with the step, and what stands for one
 */
export async function makeAndStart(world: World, repository: Repository, run: Run, steps: Steps): Promise<Run> {
  const cancelled = new AbortController();
  const watching = watchForCancel(world, run.runId, cancelled);
  try {
    return await takeSteps(world, repository, run, steps, AbortSignal.any([cancelled.signal, world.disposed]));
  } finally {
    watching.end();
    await watching.ended;
  }
}

async function takeSteps(
  world: World,
  repository: Repository,
  accepted: Run,
  steps: Steps,
  signal: AbortSignal,
): Promise<Run> {
  let run = accepted;
  let step: LaunchStep = 'ports';
  const enter = (next: LaunchStep): void => {
    signal.throwIfAborted();
    step = next;
    steps.onProgress?.(next, run);
  };
  try {
    if (run.workflow.ports > 0) {
      enter('ports');
      run = await reservePorts(world, run);
    }
    enter('worktree');
    run = await makeWorktree(world, repository, run, signal);
    const worktree = worktreeOf(run);
    enter('include');
    run = await includeFiles(world, repository, run, steps, signal);
    const environment = {
      ...environmentOf(world, run, steps.environment, await makeTemporaryFolder(world, run)),
      WARDEN_RUN_TOKEN: await giveToken(world, run),
    };
    if (run.restartedFrom !== null) {
      enter('checkpoint');
      await world.folders.handCheckpoint(run.restartedFrom, run.runId, signal);
    }
    enter('setup');
    await setUp(world, run, environment, signal);
    run = await noteEmptySubmodules(world, repository, run);
    enter('start');
    await requirePrograms(world, worktree.path, run.workflow, steps.environment, 'after');
    return await start(world, run, environment, signal);
  } catch (error) {
    return giveUp(world, run, step, error);
  }
}

/** The row names the worktree before it is made, so that whoever finds a dead launcher knows what to look for. */
async function makeWorktree(world: World, repository: Repository, run: Run, signal: AbortSignal): Promise<Run> {
  const { resume, restartedFrom } = run;
  if (resume?.kind === 'worktree' && restartedFrom !== null) {
    const old = await runNow(world.store, restartedFrom);
    const named = await changePending(world, run, { worktree: await worktreeToResume(world, old) });
    await takeOver(world, repository, named, old);
    return named;
  }
  const worktree: RunWorktree = {
    path: await world.worktrees.placeOf(worktreePathFor(repository.path, run.workflowName, run.runId)),
    branch: branchFor(run.workflowName, run.runId),
  };
  const named = await changePending(world, run, { worktree });
  const checkpoint =
    resume?.kind === 'checkpoint' && restartedFrom !== null ? { runId: restartedFrom, number: resume.number } : null;
  const { runId, baseCommit } = run;
  const request = { repository, runId, baseCommit, signal, ...worktree };
  const isThere = resume === null && (await fromPool(world, request));
  if (!isThere) await world.worktrees.create({ ...request, checkpoint });
  return named;
}

/** What was asked for and matched nothing is written on the row: it is no error, but the run may miss it. */
async function includeFiles(
  world: World,
  repository: Repository,
  run: Run,
  steps: Steps,
  signal: AbortSignal,
): Promise<Run> {
  const { unmatched } = await world.worktrees.include(repository, worktreeOf(run).path, {
    whereThere: steps.include,
    patterns: run.workflow.include,
    signal,
    onCopied: (copied) => steps.onProgress?.('include', run, copied),
  });
  if (unmatched.length === 0) return run;
  const warnings = unmatched.map((pattern): RunWarning => ({ code: 'nothing_included', pattern }));
  return changePending(world, run, { warnings: [...run.warnings, ...warnings] });
}

/** What it leaves running when it succeeded belongs to the run; when it did not, it is ended with what else was begun. */
async function setUp(world: World, run: Run, environment: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { setup, setupTimeoutMinutes } = run.workflow;
  if (setup === null) return;
  const failure = await runTimeBoxed(world, run, {
    argv: setup,
    workingDirectory: worktreeOf(run).path,
    environment,
    log: 'setup',
    limitMilliseconds: setupTimeoutMinutes * 60_000,
    signal,
    onStarted: (command) => world.members.begun(run.runId, command),
  });
  if (failure !== null) throw new WardenError('launch_failed', { runId: run.runId, step: 'setup', ...failure });
}

/** Git leaves them empty in a new worktree, and to fill them may need the network: that is its setup command's. */
async function noteEmptySubmodules(world: World, repository: Repository, run: Run): Promise<Run> {
  const empty = await world.worktrees.emptySubmodules(repository, worktreeOf(run).path);
  if (empty.length === 0) return run;
  const warnings = empty.map((path): RunWarning => ({ code: 'empty_submodule', path }));
  return changePending(world, run, { warnings: [...run.warnings, ...warnings] });
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
    await world.folders.forgetEnvironment(run.runId);
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
    facts: {
      pid: command.pid,
      worktree: run.worktree?.path,
      subreaper: containment.subreaper,
      control_group: containment.controlGroup,
    },
  });
  return changePending(world, run, patch, audit);
}

async function changePending(world: World, run: Run, ...change: ChangeArguments): Promise<Run> {
  const changed = await world.store.change(run.runId, (now) => isLaunchedHere(world, now), ...change);
  if (changed === null) throw new DOMException('the launch was cancelled', 'AbortError');
  return changed;
}

type ChangeArguments = Parameters<World['store']['change']> extends [unknown, unknown, ...infer Rest] ? Rest : never;

/** Takes back what was made for a run that cannot be started. @throws WardenError launch_failed, unless it was cancelled */
export async function giveUp(world: World, run: Run, step: LaunchStep, error: unknown): Promise<Run> {
  const now = await runNow(world.store, run.runId);
  if (isTerminal(now.status)) return now;
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

function environmentOf(
  world: World,
  run: Run,
  environment: Readonly<Record<string, string>>,
  temporaryFolder: string | null,
): Record<string, string> {
  return {
    ...environment,
    ...(temporaryFolder === null ? {} : world.executor.temporaryFolderVariables(temporaryFolder)),
    ...runVariables(world, run),
  };
}

/**
 * A program that is not there would fail the run with a shell's exit code; it is told apart here. A path is looked up in
 * the worktree, once that exists; a bare name on the PATH, before anything is made.
 */
export async function requirePrograms(
  world: World,
  directory: string,
  workflow: Workflow,
  environment: Readonly<Record<string, string>>,
  when: 'before' | 'after',
): Promise<void> {
  const searched = { ...environment, ...workflow.env };
  const programs = [workflow.setup?.[0], workflow.command[0]].filter((program) => program !== undefined);
  for (const program of programs) {
    const isPath = /[\\/]/.test(program);
    if (isPath === (when === 'before')) continue;
    if ((await world.executor.findProgram(program, directory, searched)) === null) {
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
