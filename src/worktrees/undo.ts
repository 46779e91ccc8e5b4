import { dirname } from 'node:path';
import { detailOf, WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import type { RunId } from '../core/run-id.ts';
import { type AdminEntry, adminEntries, isWorktreeOf } from './admin-entries.ts';
import { deleteBranch, isKept } from './branches.ts';
import { discardEntry, finishEarlierRemovals, setEntryAside } from './forget-entry.ts';
import { announcementOf, withdrawAnnouncement } from './ownership-mark.ts';
import { placeOf } from './place-of.ts';
import { foldersOf, takerOf } from './pooled-entries.ts';
import type { PoolMark } from './pool-mark.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { removeTree } from './remove-tree.ts';
import { holdingLock } from './repository-lock.ts';
import { systemFailure } from './system-failure.ts';
import { removeWorktreesFolderIfEmpty } from './worktrees-folder.ts';

interface Unstarted {
  readonly path: string;
  readonly branch: string;
  readonly runId: RunId;
}

/**
 * Takes back the worktree of a run that never started, however far its creation got. What does not carry the run's mark
 * or lock stays, and so does a branch that has moved on.
 */
export async function undo(repository: Repository, worktree: Unstarted): Promise<void> {
  try {
    // First and without the lock: on a full disk this makes the room that the lock needs.
    await removeFolder(await entryOf(repository, worktree), worktree.path);
    await holdingLock(repository, async () => await forget(repository, worktree));
  } catch (error) {
    throw systemFailure('undo worktree', worktree.path, error);
  }
}

/** The same for a caller that holds the repository's lock. */
export async function forget(repository: Repository, worktree: Unstarted): Promise<void> {
  const entry = await entryOf(repository, worktree);
  const claim = entry?.mark ?? (await announcementOf(repository, worktree));
  await removeFolder(entry, worktree.path);
  await finishEarlierRemovals(repository);
  const aside = entry === null ? null : await setEntryAside(repository, entry);
  if (claim?.branch === worktree.branch || entry?.headRef === `refs/heads/${worktree.branch}`) {
    await deleteBranch(
      repository,
      worktree.branch,
      async (tip) => tip === claim?.baseCommit || (await isKept(repository, tip, worktree.branch)),
    );
  }
  await discardEntry(repository, aside);
  await withdrawAnnouncement(repository, worktree);
  await removeWorktreesFolderIfEmpty(repository, dirname(worktree.path));
}

/** Git's entry for the worktree, provided that it is this run's. */
async function entryOf(repository: Repository, worktree: Unstarted): Promise<AdminEntry | null> {
  const path = await placeOf(worktree.path);
  for (const entry of await adminEntries(repository)) {
    if (isOfRun(entry, worktree, path)) return entry;
  }
  return null;
}

function isOfRun(entry: AdminEntry, { runId, branch }: Unstarted, path: string): boolean {
  if (entry.mark !== null) return entry.mark.runId === runId && entry.mark.branch === branch;
  if (entry.pool !== null) return takerOf(entry.pool)?.runId === runId;
  // Not marked yet, and other worktrees of the run may be locked with the same words.
  if (entry.lockReason === lockReason(runId)) return entry.path === null || entry.path === path;
  // Git's own lock on what it has not finished: at our path and on our branch, it can only be our half-made one.
  const isHalfMade = entry.lockReason === 'initializing' && entry.path === path;
  return isHalfMade && (entry.headRef === null || entry.headRef === `refs/heads/${branch}`);
}

async function removeFolder(entry: AdminEntry | null, path: string): Promise<void> {
  if (entry === null) return;
  if (entry.mark?.isInherited === true) {
    const detail = `${path} holds the work of an earlier run`;
    throw new WardenError('git_failed', { operation: 'undo worktree', detail });
  }
  if (entry.pool !== null) return await removePooledFolder(entry, entry.pool);
  if (await isWorktreeOf(entry)) {
    if (entry.path !== (await placeOf(path))) {
      const detail = `the worktree of ${entry.mark?.runId ?? path} is in ${entry.path}, not in ${path}`;
      throw new WardenError('git_failed', { operation: 'undo worktree', detail });
    }
    await removeTree(path);
  } else {
    // Git makes the folder before it writes what ties it to the entry.
    await removeIfEmpty(path);
  }
}

/** Of one that was being handed out to the run: at either place. */
async function removePooledFolder(entry: AdminEntry, pool: PoolMark): Promise<void> {
  for (const folder of await foldersOf(entry, pool)) await removeTree(folder);
}

/** What went wrong first is what is told; if taking it back goes wrong too, both. */
export async function thenThrow(operation: string, error: unknown, takenBack: Promise<void>): Promise<never> {
  try {
    await takenBack;
  } catch (second) {
    const detail = `${detailOf(error)}; and taking it back failed: ${detailOf(second)}`;
    throw new WardenError('git_failed', { operation, detail }, { cause: error });
  }
  throw error;
}
