import { lstat, rename } from 'node:fs/promises';
import { detailOf, isWardenError, WardenError } from '../core/errors.ts';
import type { RemovedWorktree, Repository } from '../core/ports/worktrees.ts';
import { lockReason, type WorktreeFacts } from '../core/removal.ts';
import { type AdminEntry, adminEntries, isWorktreeOf } from './admin-entries.ts';
import { deleteBranchOfRun, hasBranch } from './branches.ts';
import { keepingWork } from './checkpoint.ts';
import { discardEntry, finishEarlierRemovals, setEntryAside } from './forget-entry.ts';
import { mountPointsBelow } from './mount-points.ts';
import { foldersWithGit, type Unkept, unkeptRepositories } from './nested-repositories.ts';
import type { OwnershipMark } from './ownership-mark.ts';
import { holdingLock } from './repository-lock.ts';
import { sizeOf } from './size-of.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { moveToTrash } from './trash.ts';

const operation = 'remove worktree';

/**
 * Keeps the work, verifies what was kept, and only then removes the worktree: one rename into the trash beside it, which
 * the caller empties. On any failure the worktree is where it was.
 * @param requireFree asked right before that
 * @throws WardenError git_failed, disk_full; what requireFree throws
 */
export async function remove(
  repository: Repository,
  worktree: WorktreeFacts,
  requireFree: () => Promise<void> = async () => await Promise.resolve(),
): Promise<RemovedWorktree> {
  const { runId, path } = worktree;
  try {
    const entry = await removableEntry(repository, worktree);
    const exists = (await unlessMissing(lstat(path))) !== null;
    const measuring = exists ? (worktree.bytes ?? sizeOf(path)) : null;
    const worktreePath = exists ? path : null;
    return await keepingWork({ repository, entry, runId, worktreePath, why: 'removal' }, async (work) => {
      const [unkept] = work.unkept;
      if (unkept !== undefined) throw refusal(wordsOf(unkept));
      const bytes = await measuring;
      return await holdingLock(repository, async () => {
        // What was true before the checkpoint and the wait must still be.
        const now = await removableEntry(repository, worktree);
        if (now.head !== entry.head || !(await work.isUpToDate())) throw refusal(`${path} was changed meanwhile`);
        await work.requireWhole();
        await finishEarlierRemovals(repository);
        await requireFree();
        const aside = await takeAway(repository, entry, worktreePath);
        const branchDeleted = await deleteBranchOfRun(repository, now.mark);
        // The worktree has gone; whatever keeps its entry from being discarded is met again with the next removal.
        await discardEntry(repository, aside).catch(() => undefined);
        const { branch } = now.mark;
        const branchKept = !branchDeleted && (await hasBranch(repository, branch)) ? branch : null;
        return { bytes, checkpoint: work.checkpoint, branchDeleted, branchKept };
      });
    });
  } catch (error) {
    throw systemFailure(operation, path, error);
  }
}

/**
 * Why a removal would be refused now, in words; null where it would not be, as far as that is told without keeping the
 * work. Changes nothing.
 */
export async function refusalOf(repository: Repository, worktree: WorktreeFacts): Promise<string | null> {
  const { path } = worktree;
  try {
    const { directory } = await removableEntry(repository, worktree);
    const worktreePath = (await unlessMissing(lstat(path))) === null ? null : path;
    const below = worktreePath === null ? null : await foldersWithGit(worktreePath);
    const [unkept] = await unkeptRepositories({ worktreePath, adminDirectory: directory, tree: null, below });
    return unkept === undefined ? null : wordsOf(unkept);
  } catch (error) {
    const failure = systemFailure(operation, path, error);
    return isWardenError(failure, 'git_failed') ? failure.facts.detail : detailOf(failure);
  }
}

function wordsOf({ path, kind }: Unkept): string {
  const isOwn = `${path} is a repository of its own and holds work that is nowhere else`;
  switch (kind) {
    case 'worktree':
      return `${path} is another worktree, which is not Warden’s to remove; remove it first`;
    case 'no_repository':
      return `${path} is no repository, and git keeps nothing of that name; move or rename it first`;
    case 'files':
      return `${isOwn}, files that are not committed; push it or remove it first`;
    case 'commits':
      return `${isOwn}, commits of its branches, of its stashes or that its HEAD has left; push it or remove it first`;
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

/** Both or neither. @returns where git's entry is now */
async function takeAway(repository: Repository, entry: AdminEntry, path: string | null): Promise<string> {
  const inTrash = path === null ? null : await moveToTrash(path);
  try {
    return await setEntryAside(repository, entry);
  } catch (error) {
    if (inTrash !== null && path !== null) await rename(inTrash, path);
    throw error;
  }
}
