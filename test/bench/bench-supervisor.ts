import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worktrees } from '../../src/core/ports/worktrees.ts';
import type { Run } from '../../src/core/run.ts';
import type { RunId } from '../../src/core/run-id.ts';
import { openPorts } from '../../src/open-supervisor.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { openSupervisorInThread, type SupervisorInThread } from '../../src/thread/supervisor-in-thread.ts';
import { temporaryRepository, type TemporaryRepository } from '../support/temporary-repository.ts';
import type { Tree } from './trees.ts';
import { runProcesses } from './run-processes-at-once.ts';

/** A run whose processes are all there. */
export interface StartedRun {
  readonly runId: RunId;
  /** The root of its processes: what a tree kill is given. */
  readonly rootPid: number;
}

export interface BenchSupervisor extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly repository: TemporaryRepository;
  /** Starts so many runs of a tree, and waits until every process of them is there. */
  start(tree: Tree, count: number): Promise<readonly StartedRun[]>;
  /** Ends what a contender left of the runs, and brings the rows in line. @returns how many processes it left */
  settle(runs: readonly StartedRun[]): Promise<number>;
}

/** So many launches at once: enough to keep the machine busy. */
const launchesAtOnce = 16;

/** How long a process that was just signalled may take to be gone, before it counts as left. */
const lingerMilliseconds = 250;

/**
 * A supervisor on a repository of its own, everything real.
 * @param worktrees `folders` puts plain empty folders in the place of git's worktrees, for subjects that need 1,000
 */
export async function benchSupervisor(
  trees: readonly Tree[],
  worktrees: 'git' | 'folders' = 'git',
): Promise<BenchSupervisor> {
  const repository = await temporaryRepository();
  await repository.defineWorkflows(Object.fromEntries(trees.map(({ name, command }) => [name, { command }])));
  const supervisor = await openBenchSupervisor(repository, worktrees);
  const closing = new AbortController();
  const dispose = async (): Promise<void> => {
    closing.abort();
    await killAll(supervisor);
    await supervisor.dispose();
    await repository[Symbol.asyncDispose]();
  };
  let disposed: Promise<void> | null = null;
  return {
    supervisor,
    repository,
    start: (tree, count) => start(supervisor, repository, tree, count, closing.signal),
    settle: (runs) => settle(supervisor, runs),
    [Symbol.asyncDispose]: () => (disposed ??= dispose()),
  };
}

/** One more supervisor on the same state, as another window would be. */
export async function openBenchSupervisor(
  repository: Pick<TemporaryRepository, 'path' | 'stateFolder'>,
  worktrees: 'git' | 'folders',
): Promise<Supervisor> {
  const ports = await openPorts({
    face: 'cli',
    diagnostics: { failed: (during, error) => console.error(during, error) },
    environment: { ...process.env, WARDEN_STATE_DIR: repository.stateFolder },
  });
  return new Supervisor({
    ...ports,
    ...(worktrees === 'folders' ? { worktrees: emptyFolders(ports.worktrees, repository) } : {}),
  });
}

/** As a window has it: in a thread of its own, whose work the window's event loop does not feel. */
export function openBenchThread({
  stateFolder,
}: Pick<TemporaryRepository, 'stateFolder'>): Promise<SupervisorInThread> {
  return openSupervisorInThread({
    entry: path.join(import.meta.dirname, '../../src/main.ts'),
    intervalMilliseconds: 5_000,
    mayLaunch: true,
    maxAgeHours: null,
    diagnostics: { failed: (during, error) => console.error(during, error) },
    environment: { ...process.env, WARDEN_STATE_DIR: stateFolder },
  });
}

function emptyFolders(real: Worktrees, repository: Pick<TemporaryRepository, 'path'>): Worktrees {
  return {
    ...real,
    repositoryOf: () => Promise.resolve({ path: repository.path, gitDirectory: path.join(repository.path, '.git') }),
    commitOf: () => Promise.resolve('0'.repeat(40)),
    create: async (request) => void (await mkdir(request.path, { recursive: true })),
    include: () => Promise.resolve({ copied: [], unmatched: [] }),
    undo: (_, worktree) => rm(worktree.path, { recursive: true, force: true }),
    removeStaleLocks: () => Promise.resolve([]),
    checkpoint: () => Promise.resolve(null),
  };
}

async function start(
  supervisor: Supervisor,
  repository: TemporaryRepository,
  tree: Tree,
  count: number,
  closing: AbortSignal,
): Promise<readonly StartedRun[]> {
  const started: Run[] = [];
  let asked = 0;
  const launchSome = async (): Promise<void> => {
    while (asked < count && !closing.aborted) {
      asked += 1;
      started.push(await supervisor.run({ workflowName: tree.name, directory: repository.path, message: '' }));
    }
  };
  await Promise.all(Array.from({ length: launchesAtOnce }, launchSome));
  const runs = started.map(({ runId, process }) => ({ runId, rootPid: process?.wrapper.pid ?? 0 }));
  const runIds = runs.map(({ runId }) => runId);
  const begun = performance.now();
  while (!hasAll(runProcesses(runIds), runIds, tree)) {
    if (performance.now() - begun > 60_000) throw new Error(`${tree.name} did not come up`);
    await sleep(50);
  }
  return runs;
}

/** The wrapper is beside the tree. */
function hasAll(pids: ReadonlyMap<RunId, readonly number[]>, runIds: readonly RunId[], tree: Tree): boolean {
  return runIds.every((runId) => (pids.get(runId)?.length ?? 0) > tree.size);
}

async function settle(supervisor: Supervisor, runs: readonly StartedRun[]): Promise<number> {
  const runIds = runs.map(({ runId }) => runId);
  if (countOf(runIds) > 0) await sleep(lingerMilliseconds);
  const left = countOf(runIds);
  await supervisor.reconcile();
  await Promise.all(runIds.map((runId) => supervisor.kill(runId, { force: true }).catch(() => undefined)));
  return left;
}

function countOf(runIds: readonly RunId[]): number {
  return [...runProcesses(runIds).values()].reduce((sum, pids) => sum + pids.length, 0);
}

async function killAll(supervisor: Supervisor): Promise<void> {
  for (;;) {
    const { runs } = await supervisor.list({ statuses: ['pending', 'running', 'terminating'], limit: 1000 });
    if (runs.length === 0) return;
    await Promise.all(runs.map(({ run }) => supervisor.kill(run.runId, { force: true }).catch(() => undefined)));
  }
}
