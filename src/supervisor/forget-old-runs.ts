import { runOfBranch } from '../core/diagnosis.ts';
import { isWardenError } from '../core/errors.ts';
import type { RunId } from '../core/run-id.ts';
import { carriersIn } from './orphans.ts';
import { auditOf, type World } from './world.ts';

const dayMilliseconds = 24 * 3_600_000;

/**
 * Removes the rows, logs and folders of runs that ended longer ago than the user wants to keep them, where nothing of a run is
 * left: no worktree, checkpoint or branch, no process or temporary file, and no other run that goes back to it. The audit log
 * keeps what was done. An error keeps.
 */
export async function forgetOldRuns(world: World, repositories: readonly string[]): Promise<void> {
  const { definitions, clock, diagnostics, disposed, store } = world;
  const days = await definitions.keepRunsDays();
  if (days === null) return;
  await store.requireDatabase();
  await finishForgetting(world);
  for (const directory of repositories) {
    if (disposed.aborted) return;
    try {
      await forgetRunsOf(world, directory, clock.now() - days * dayMilliseconds);
    } catch (error) {
      // Of a repository that is not there nobody knows what it holds.
      if (!isWardenError(error, 'not_a_repository')) diagnostics.failed(`forgetting old runs of ${directory}`, error);
    }
  }
}

/** Of runs whose row went before a crash. */
async function finishForgetting({ stateFolder, store, folders }: World): Promise<void> {
  for (const runId of await stateFolder.runFolders()) {
    if ((await store.run(runId)) !== null) continue;
    const forgotten = await store.auditEntries({ runId, action: 'forget_run', limit: 1 });
    if (forgotten.length > 0) await folders.remove(runId);
  }
}

async function forgetRunsOf(world: World, directory: string, endedBefore: number): Promise<void> {
  const { store, folders, disposed } = world;
  const runIds = await store.runsToForget(directory, endedBefore);
  if (runIds.length === 0) return;
  const isLeft = await whatIsLeft(world, directory);
  for (const runId of runIds) {
    if (disposed.aborted) return;
    if (isLeft(runId)) continue;
    const facts = { ended_before: new Date(endedBefore).toISOString() };
    const isForgotten = await store.forgetRun(
      runId,
      endedBefore,
      auditOf(world, runId, 'forget_run', 'done', { facts }),
    );
    if (isForgotten) await folders.remove(runId);
  }
}

/** Whether anything of a run is in its repository or on the machine. */
async function whatIsLeft(world: World, directory: string): Promise<(runId: RunId) => boolean> {
  const { worktrees, executor, temporaryFolders } = world;
  const survey = await worktrees.survey(await worktrees.repositoryOf(directory));
  const named = [survey.present, survey.missing, survey.unfinished, survey.checkpoints].flat();
  const left = new Set<RunId>([
    ...named.map(({ runId }) => runId),
    ...survey.branches.flatMap((branch) => runOfBranch(branch) ?? []),
    ...(await temporaryFolders.runs()),
    ...carriersIn(await executor.look(), executor.self.pid).map(({ runId }) => runId),
  ]);
  // Their folders are named after their digits.
  return (runId) => left.has(runId) || survey.unregistered.some((path) => path.includes(runId.slice('run_'.length)));
}
