import { randomUUID } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { restoreCookie } from '../core/restore-cookie.ts';
import type { Repository, RestoredWorktree, RestoreWorktree } from '../core/ports/worktrees.ts';
import { restoredNames } from '../core/worktree-names.ts';
import { adminEntries } from './admin-entries.ts';
import { hasBranch } from './branches.ts';
import { changesBetween } from './changes-since.ts';
import { checkpointNumbered, type StoredCheckpoint, toldOf } from './checkpoints-of.ts';
import { fillFromCheckpoint } from './fill-from-checkpoint.ts';
import type { InTurns } from './in-turns.ts';
import { holderOf, isGone } from './lock-holder.ts';
import {
  announce,
  announcementOf,
  announcements,
  type Marked,
  type OwnershipMark,
  rewriteMark,
} from './ownership-mark.ts';
import { adminDirectoryIn, registerWorktree } from './register-worktree.ts';
import { holdingLock, releaseAbandoned } from './repository-lock.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { removeAbandonedIndexes } from './temporary-index.ts';
import { forget, thenThrow, undo } from './undo.ts';

const operation = 'restore worktree';

/**
 * Brings a checkpoint back into a new worktree on a new branch: the same files, and the same staged. Nothing of the run's
 * own worktree or branch is touched. On any failure nothing of it is left; what a crash leaves is taken back by
 * takeBackInterrupted.
 * @throws WardenError no_checkpoint, git_failed, disk_full; the signal's reason when aborted
 */
export async function restore(request: RestoreWorktree, checkouts: InTurns): Promise<RestoredWorktree> {
  const { repository, runId, signal } = request;
  try {
    await takeBackInterrupted(repository, request.endWorkers);
    const checkpoint = await checkpointNumbered(repository, runId, request.number);
    const mark = await holdingLock(repository, async () => await register(request, checkpoint), signal);
    const { branch, restored } = mark;
    const { path } = restored;
    try {
      await checkouts(async () => await fillFromCheckpoint(path, checkpoint, cookie(mark), signal), signal);
      const changes = await changesFrom(request, checkpoint);
      signal.throwIfAborted();
      await rewriteMark(await adminDirectoryIn(path, operation), { ...mark, restored: { ...restored, by: null } });
      return { path, branch, checkpoint: toldOf(checkpoint), changes };
    } catch (error) {
      return await thenThrow(operation, error, takeBack(repository, mark, request.endWorkers));
    }
  } catch (error) {
    throw systemFailure(operation, repository.path, error);
  }
}

/**
 * Takes back what restores and checkpoints left half-made whose process is gone. Costs some looks at files where there is
 * nothing.
 */
export async function takeBackInterrupted(
  repository: Repository,
  endWorkers: RestoreWorktree['endWorkers'],
): Promise<void> {
  await releaseAbandoned(repository);
  const [announced, entries] = await Promise.all([announcements(repository), adminEntries(repository)]);
  for (const entry of entries) if (entry.mark !== null) await removeAbandonedIndexes(entry);
  const marks = [...announced, ...entries.flatMap(({ mark }) => (mark === null ? [] : [mark]))];
  for (const mark of marks) {
    const { restored } = mark;
    if (restored === null || restored.by === null || !(await isGone(restored.by))) continue;
    await takeBack(repository, { ...mark, restored }, endWorkers);
  }
}

/** First whatever git started for it is ended: a filter may go on, and git itself does when we die. */
async function takeBack(
  repository: Repository,
  mark: RestoringMark,
  endWorkers: RestoreWorktree['endWorkers'],
): Promise<void> {
  const { runId, branch, restored } = mark;
  await endWorkers(restoreCookie(runId, branch));
  await undo(repository, { runId, branch, path: restored.path });
}

function cookie({ runId, branch }: Marked): Record<string, string> {
  return { WARDEN_RUN_ID: restoreCookie(runId, branch) };
}

type RestoringMark = OwnershipMark & { readonly restored: NonNullable<OwnershipMark['restored']> };

/** Under the repository's lock, so that nobody else takes the same number. */
async function register(request: RestoreWorktree, checkpoint: StoredCheckpoint): Promise<RestoringMark> {
  const { repository, runId, at } = request;
  const { path, branch } = await freeNames(request);
  // Where there was no commit yet there will be none on the branch either.
  const baseCommit = checkpoint.head ?? checkpoint.commit;
  const restored = { checkpoint: checkpoint.ref, at, path, by: await holderOf(randomUUID()) };
  const mark: RestoringMark = { runId, branch, baseCommit, restored, isInherited: false };
  await announce(repository, mark);
  try {
    await registerWorktree(repository, mark, path, {
      isUnborn: checkpoint.head === null,
      operation,
      environment: cookie(mark),
    });
    return mark;
  } catch (error) {
    return await thenThrow(operation, error, forget(repository, { path, branch, runId }));
  }
}

async function freeNames({ repository, runId, names }: RestoreWorktree): Promise<ReturnType<typeof restoredNames>> {
  const registered = new Set((await adminEntries(repository)).map((entry) => entry.path));
  for (let number = 1; ; number += 1) {
    const free = restoredNames(names, number);
    const isTaken =
      registered.has(free.path) ||
      (await unlessMissing(lstat(free.path))) !== null ||
      (await hasBranch(repository, free.branch)) ||
      (await announcementOf(repository, { runId, branch: free.branch })) !== null;
    if (!isTaken) return free;
  }
}

/** Null where the branch has gone, or cannot be compared. */
async function changesFrom(
  { repository, names }: RestoreWorktree,
  checkpoint: StoredCheckpoint,
): Promise<RestoredWorktree['changes']> {
  if (!(await hasBranch(repository, names.branch))) return null;
  return await changesBetween(repository.gitDirectory, `refs/heads/${names.branch}`, checkpoint.commit);
}
