import { lstat, rename } from 'node:fs/promises';
import { WardenError } from '../core/errors.ts';
import type { RemovedWorktree, Repository } from '../core/ports/worktrees.ts';
import { lockReason, type WorktreeFacts } from '../core/removal.ts';
import { type AdminEntry, adminEntries, isWorktreeOf, removeAdminEntry } from './admin-entries.ts';
import { deleteBranch, isInMainHead, isKept } from './branches.ts';
import { takeCheckpoint } from './checkpoint.ts';
import { mountPointsBelow } from './mount-points.ts';
import type { OwnershipMark } from './ownership-mark.ts';
import { holdingLock } from './repository-lock.ts';
import { sizeOf } from './size-of.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { moveToTrash } from './trash.ts';

const operation = 'remove worktree';

/**
 * Keeps the work, verifies what was kept, and only then removes the worktree: one rename into the trash beside it, which
 * the caller empties. On any failure the worktree is where it was.
 * @param number of the checkpoint, where one is needed
 * @throws WardenError git_failed, disk_full
 */
export async function remove(
  repository: Repository,
  worktree: WorktreeFacts,
  number: number,
): Promise<RemovedWorktree> {
  const { runId, path } = worktree;
  try {
    const entry = await removableEntry(repository, worktree);
    const exists = (await unlessMissing(lstat(path))) !== null;
    const [bytes, checkpoint] = await Promise.all([
      exists ? (worktree.bytes ?? sizeOf(path)) : null,
      takeCheckpoint({ repository, entry, runId, worktreePath: exists ? path : null, number }),
    ]);
    return await holdingLock(repository, async () => {
      // What was true before the checkpoint and the wait must still be.
      const { mark } = await removableEntry(repository, worktree);
      await removeFolderAndEntry(repository, entry, exists ? path : null);
      return { bytes, checkpoint, branchDeleted: await deleteOwnBranch(repository, mark) };
    });
  } catch (error) {
    throw systemFailure(operation, path, error);
  }
}

/** Git's entry for the worktree, after making sure that it is ours and that nothing else is in its place. */
async function removableEntry(
  repository: Repository,
  { runId, path }: WorktreeFacts,
): Promise<AdminEntry & { readonly mark: OwnershipMark }> {
  const entry = (await adminEntries(repository)).find((one) => one.mark?.runId === runId && one.path === path);
  if (entry === undefined || entry.mark === null) throw refusal(`${path} is not the worktree of ${runId} any more`);
  if (entry.lockReason !== null && entry.lockReason !== lockReason(runId)) {
    throw refusal(`${path} is locked: ${entry.lockReason}`);
  }
  if ((await unlessMissing(lstat(path))) !== null && !(await isWorktreeOf(entry))) {
    throw refusal(`${path} does not lead back to the worktree that git has there`);
  }
  const [mountPoint] = await mountPointsBelow(path);
  if (mountPoint !== undefined) throw refusal(`something is mounted in it: ${mountPoint}`);
  return { ...entry, mark: entry.mark };
}

function refusal(detail: string): WardenError {
  return new WardenError('git_failed', { operation, detail });
}

async function removeFolderAndEntry(repository: Repository, entry: AdminEntry, path: string | null): Promise<void> {
  const inTrash = path === null ? null : await moveToTrash(path);
  try {
    await removeAdminEntry(repository, entry);
  } catch (error) {
    if (inTrash !== null && path !== null && (await unlessMissing(lstat(entry.directory))) !== null) {
      await rename(inTrash, path);
    }
    throw error;
  }
}

/** A branch that cannot be deleted is one that is kept: the worktree has gone all the same. */
async function deleteOwnBranch(repository: Repository, { branch, baseCommit }: OwnershipMark): Promise<boolean> {
  try {
    return await deleteBranch(
      repository,
      branch,
      async (tip) =>
        (await isKept(repository, tip, branch)) || (tip === baseCommit && (await isInMainHead(repository, tip))),
    );
  } catch {
    return false;
  }
}
