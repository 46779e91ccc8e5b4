import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Repository, Worktrees } from '../core/ports/worktrees.ts';
import { changesSince } from './changes-since.ts';
import { returnCheckpointRef } from './checkpoint-refs.ts';
import { checkpointsOf } from './checkpoints-of.ts';
import { commitOf } from './commit-of.ts';
import { afterCheckout, create, isAsCreated } from './create.ts';
import { deleteCheckpoints } from './delete-checkpoints.ts';
import { emptySubmodules } from './empty-submodules.ts';
import { fileAt } from './file-at.ts';
import { handOut } from './hand-out.ts';
import { handOver } from './hand-over.ts';
import { include } from './include.ts';
import { locksHeldBy } from './held-locks.ts';
import { inTurns } from './in-turns.ts';
import { keepWork } from './keep-work.ts';
import { lastChangeIn } from './last-change.ts';
import { list, pathsOf } from './list.ts';
import { KnownMerges } from './merged.ts';
import { others } from './others.ts';
import { ownWorkIn } from './own-work.ts';
import { placeOf } from './place-of.ts';
import { pooledWorktrees, takeBackPooled, tendPool } from './pool.ts';
import { pooledFolders } from './pooled-entries.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { refusalOf, remove } from './remove.ts';
import { holdingLock } from './repository-lock.ts';
import { repositoryOf } from './repository.ts';
import { restore, takeBackInterrupted } from './restore.ts';
import { scratchRepository } from './scratch-repository.ts';
import { sizesOf } from './size-of.ts';
import { removeStaleLocks, staleLocks } from './stale-locks.ts';
import { survey } from './survey.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { emptyTrash, trashFolderIn } from './trash.ts';
import { undo } from './undo.ts';
import { usabilityOf } from './usability.ts';
import { version } from './version.ts';
import { removeWorktreesFolderIfEmpty, worktreesFolderOf } from './worktrees-folder.ts';

/** Worktrees by the git on the PATH. */
export function gitWorktrees(): Worktrees {
  const checkouts = inTurns(2);
  const deletions = inTurns(1);
  // Of their own: no launch waits for one.
  const preparations = inTurns(1);
  // Hundreds of runs may be killed at once: each git costs the event loop a fork.
  const looks = inTurns(2);
  const checkpoints = inTurns(2);
  const measurements = inTurns(1);
  const merges = new KnownMerges();
  const underWay = new Set<Promise<void>>();

  /** What cannot be deleted now is tried again with the next removal there. */
  function deleteInBackground(repository: Repository, worktreePath: string): void {
    const deletion = deletions(async () => await deleteRemoved(repository, dirname(worktreePath)))
      .catch(() => undefined)
      .finally(() => underWay.delete(deletion));
    underWay.add(deletion);
  }

  return {
    repositoryOf,
    commitOf,
    placeOf,
    create: async (request) => await create(request, checkouts),
    handOut,
    isAsCreated,
    afterCheckout,
    tendPool: async (repository, request) =>
      await preparations(async () => {
        await tendPool(repository, request, (path) => deleteInBackground(repository, path));
      }, request.signal),
    hasPool: async (repositoryPath) => (await pooledFolders(repositoryPath)).length > 0,
    pooled: pooledWorktrees,
    others,
    include,
    emptySubmodules,
    undo,
    list: async (repository, only) => await list(repository, merges, only),
    pathsOf,
    sizesOf: async (paths, signal) => await measurements(async () => await sizesOf(paths, signal), signal),
    lastChangeIn,
    refusalOf,
    async remove(repository, worktree, requireFree) {
      const removed = await remove(repository, worktree, requireFree);
      deleteInBackground(repository, worktree.path);
      return removed;
    },
    emptyTrash: async (repository) =>
      await deletions(async () => await deleteRemoved(repository, worktreesFolderOf(repository))),
    changesSince,
    fileAt,
    survey: async (repository) => await survey(repository, merges),
    version,
    staleLocks,
    removeStaleLocks,
    scratchRepository,
    locksHeldBy,
    usabilityOf: async (worktreePath) => await looks(async () => await usabilityOf(worktreePath)),
    ownWorkIn: async (worktree) => await ownWorkIn(worktree, looks),
    checkpoint: async (worktree) => await checkpoints(async () => await keepWork(worktree)),
    checkpointsOf,
    deleteCheckpoints,
    returnCheckpointRef,
    restore: async (request) => await restore(request, checkouts),
    async takeBackInterrupted(repository, endWorkers) {
      await takeBackInterrupted(repository, endWorkers);
      await takeBackPooled(repository, endWorkers, (path) => deleteInBackground(repository, path));
    },
    handOver,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

async function deleteRemoved(repository: Repository, folder: string): Promise<void> {
  if ((await unlessMissing(lstat(folder))) === null) return;
  const trash = trashFolderIn(folder);
  try {
    await emptyTrash(trash);
    await holdingLock(repository, async () => {
      await removeIfEmpty(trash);
      await removeWorktreesFolderIfEmpty(repository, folder);
    });
  } catch (error) {
    throw systemFailure('empty trash', trash, error);
  }
}
