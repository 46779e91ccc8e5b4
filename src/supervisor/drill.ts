import { type DrillProcess, type DrillReport, drillMuster, drillWorkflow } from '../core/drill.ts';
import { WardenError } from '../core/errors.ts';
import type { ScratchRepository } from '../core/ports/worktrees.ts';
import type { ProcessIdentity } from '../core/process-identity.ts';
import type { Run } from '../core/run.ts';
import { runNow } from './find-run.ts';
import { kill } from './kill.ts';
import { launchWorkflow } from './launch.ts';
import type { World } from './world.ts';

/** How long the tree may take to stand. */
const musterMilliseconds = 15_000;

const lookMilliseconds = 50;

/** More than such a tree ever prints. */
const outputBytes = 64 * 1024;

/**
 * Starts a tree of processes that is hard to end, as a run like any other in a scratch repository, kills it, and tells
 * what was seen. What it made is removed again; its row and its audit entries stay.
 * @param onProgress told the run once its tree stands
 * @throws WardenError drill_failed when the tree did not come to stand
 */
export async function drill(world: World, onProgress?: (run: Run) => void): Promise<DrillReport> {
  const repository = await world.worktrees.scratchRepository();
  try {
    const run = await launchWorkflow(world, drillWorkflow(world.executor.hostileTree()), {
      workflowName: 'drill',
      directory: repository.path,
      message: '',
    });
    try {
      return await killAndProve(world, run, onProgress);
    } finally {
      await takeBack(world, run, repository);
    }
  } finally {
    await repository.remove();
  }
}

async function killAndProve(world: World, run: Run, onProgress?: (run: Run) => void): Promise<DrillReport> {
  const present = await muster(world, run);
  onProgress?.(run);
  const report = await kill(world, run.runId, { why: 'drill' });
  const { processes } = await world.executor.look();
  const outcomes = await Promise.all(
    present.map(async ({ shape, identity }): Promise<DrillProcess> => {
      const ended = !(await world.executor.isAlive(identity));
      return { shape, pid: identity.pid, ended };
    }),
  );
  const left = present.filter((_, index) => outcomes[index]?.ended === false);
  await world.executor.signal(left.map(({ identity }) => ({ identity, signal: 'SIGKILL' })));
  return { runId: run.runId, processes: outcomes, kill: report, lookedAt: processes.size };
}

interface Present {
  readonly shape: string;
  readonly identity: ProcessIdentity;
}

/** Waits until everyone has told who he is, and takes down their identities. */
async function muster(world: World, run: Run): Promise<readonly Present[]> {
  const end = world.clock.monotonic() + musterMilliseconds;
  for (;;) {
    const output = new TextDecoder().decode(await world.folders.read(run.runId, 0, outputBytes));
    const { present, isComplete } = drillMuster(output);
    if (isComplete) {
      const { bootId, processes } = await world.executor.look();
      return present.flatMap(({ shape, pid }) => {
        const facts = processes.get(pid);
        return facts === undefined ? [] : [{ shape, identity: { bootId, pid, startTime: facts.startTime } }];
      });
    }
    if (world.clock.monotonic() > end) throw new WardenError('drill_failed', { runId: run.runId, output });
    await world.clock.sleep(lookMilliseconds, world.disposed);
  }
}

/** However it went: nothing of it stays but its history. */
async function takeBack(world: World, run: Run, { path }: ScratchRepository): Promise<void> {
  const { status } = await runNow(world.store, run.runId);
  if (status === 'running' || status === 'terminating') await kill(world, run.runId, { why: 'drill', force: true });
  if (run.worktree === null) return;
  // Whoever keeps its work finds it there.
  await world.keeping.get(run.runId)?.catch(() => undefined);
  const repository = await world.worktrees.repositoryOf(path);
  await world.worktrees.undo(repository, { ...run.worktree, runId: run.runId });
  await world.store.change(run.runId, () => true, { worktree: null });
}
