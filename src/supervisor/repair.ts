import type { Finding } from '../core/diagnosis.ts';
import { WardenError } from '../core/errors.ts';
import { describeKeepReason, plainEnglish } from '../core/messages.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { worktreePathFor } from '../core/worktree-names.ts';
import { entryOf, type RemovalTerms, removeWorktree } from './cleanup.ts';
import { missingFolderTerms } from './examine.ts';
import { endAllOf } from './end-all-of.ts';
import { endOwnGit } from './end-own-git.ts';
import { runNow } from './find-run.ts';
import { reconcileOne } from './reconcile.ts';
import { removeTemporaryFiles } from './temporary-files.ts';
import type { World } from './world.ts';

/** Repairs one finding whose repair is proved. Whether it helped, the next look tells. @throws what kept it from being done */
export async function repair(world: World, finding: Finding): Promise<void> {
  if (!finding.isRepairable) return;
  switch (finding.code) {
    case 'lost_run':
    case 'interrupted_launch': {
      const stop = await reconcileOne(world, await runNow(world.store, finding.runId));
      await stop?.ended;
      return;
    }
    case 'orphan_process':
      return endOrphans(world, finding.runId);
    case 'missing_worktree':
      return forgetWorktree(world, finding);
    case 'unfinished_worktree':
      return takeBack(world, finding);
    case 'undeleted_worktree':
      return world.worktrees.emptyTrash(await world.worktrees.repositoryOf(finding.repository));
    case 'stale_lock':
      await world.worktrees.removeStaleLocks(finding.worktree);
      return;
    case 'lost_checkpoint':
    case 'unrecorded_checkpoint': {
      const repository = await world.worktrees.repositoryOf(finding.repository);
      if (finding.code === 'lost_checkpoint') await world.worktrees.returnCheckpointRef(repository, finding);
      await world.store.keepCheckpoints(finding.runId, await world.worktrees.checkpointsOf(repository, finding.runId));
      return;
    }
    case 'temporary_files':
      await removeTemporaryFiles(world, finding);
      return;
    case 'damaged_database':
      return world.store.replaceDamaged();
    case 'open_permissions':
      return world.stateFolder.makePrivate(finding.path);
    case 'abandoned_lease':
      return world.store.releaseLease(finding.holder);
    default:
      throw new RangeError(`nothing repairs ${finding.code}`);
  }
}

async function endOrphans(world: World, runId: RunId): Promise<void> {
  const { status } = await runNow(world.store, runId);
  if (!isTerminal(status)) return;
  const left = await endAllOf(world, runId, []);
  if (left.length > 0) throw new WardenError('survivors', { runId, survivors: left.length });
}

async function forgetWorktree(
  world: World,
  { path, repository: directory }: Extract<Finding, { readonly code: 'missing_worktree' }>,
): Promise<void> {
  const repository = await world.worktrees.repositoryOf(directory);
  const worktree = (await world.worktrees.list(repository)).find((one) => one.path === path);
  if (worktree === undefined) return;
  if (worktree.exists) throw new WardenError('git_failed', { operation: 'forget worktree', detail: `${path} is back` });
  const terms = (): RemovalTerms => missingFolderTerms;
  const outcome = await removeWorktree(world, repository, await entryOf(world, worktree, terms), terms);
  if (!('reasons' in outcome)) return;
  const detail = outcome.reasons.map((reason) => describeKeepReason(reason, plainEnglish)).join('; ');
  throw new WardenError('git_failed', { operation: 'forget worktree', detail });
}

async function takeBack(
  world: World,
  { runId, branch, path, made, repository: directory }: Extract<Finding, { readonly code: 'unfinished_worktree' }>,
): Promise<void> {
  const repository = await world.worktrees.repositoryOf(directory);
  if (made === 'restore') {
    await world.worktrees.takeBackInterrupted(repository, (cookie) => endOwnGit(world, cookie));
    return;
  }
  const run = await runNow(world.store, runId);
  if (!isTerminal(run.status)) return;
  const place = path ?? run.worktree?.path ?? worktreePathFor(repository.path, run.workflowName, runId);
  await world.worktrees.undo(repository, { runId, branch, path: place });
  await world.store.change(runId, (now) => now.worktree?.path === place, { worktree: null });
}
