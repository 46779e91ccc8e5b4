import { randomUUID } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { Repository, RestoredWorktree, RestoreWorktree } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import { restoredNames } from '../core/worktree-names.ts';
import { adminDirectoryOf, adminEntries } from './admin-entries.ts';
import { hasBranch } from './branches.ts';
import { changesBetween } from './changes-since.ts';
import { type StoredCheckpoint, storedCheckpoints, toldOf } from './checkpoints-of.ts';
import { askGit, git } from './git.ts';
import type { InTurns } from './in-turns.ts';
import { readKeptState } from './kept-state.ts';
import { holderOf, isGone } from './lock-holder.ts';
import {
  announce,
  announcementOf,
  announcements,
  markRestored,
  markWorktree,
  type OwnershipMark,
} from './ownership-mark.ts';
import { rawJoin } from './raw-path.ts';
import { holdingLock, releaseAbandoned } from './repository-lock.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { forget, thenThrow, undo } from './undo.ts';

const operation = 'restore worktree';

/**
 * Brings a checkpoint back into a new worktree on a new branch: the same files, and the same staged. Nothing of the run's
 * own worktree or branch is touched. On any failure nothing of it is left; what a crash leaves is taken back by
 * takeBackRestores.
 * @throws WardenError no_checkpoint, git_failed, disk_full; the signal's reason when aborted
 */
export async function restore(request: RestoreWorktree, checkouts: InTurns): Promise<RestoredWorktree> {
  const { repository, runId, signal } = request;
  try {
    await takeBackRestores(repository);
    const checkpoint = await wanted(request);
    const mark = await holdingLock(repository, async () => await register(request, checkpoint), signal);
    const { branch, restored } = mark;
    const { path } = restored;
    try {
      await checkouts(async () => await fill(path, checkpoint, signal), signal);
      const changes = await changesFrom(request, checkpoint);
      signal.throwIfAborted();
      await markRestored(await adminDirectoryIn(path), mark);
      return { path, branch, checkpoint: toldOf(checkpoint), changes };
    } catch (error) {
      return await thenThrow(operation, error, undo(repository, { path, branch, runId }));
    }
  } catch (error) {
    throw systemFailure(operation, repository.path, error);
  }
}

/** Takes back what restores left half-made whose process is gone. Costs some looks at files where there is nothing. */
export async function takeBackRestores(repository: Repository): Promise<void> {
  await releaseAbandoned(repository);
  const [announced, entries] = await Promise.all([announcements(repository), adminEntries(repository)]);
  const marks = [...announced, ...entries.flatMap(({ mark }) => (mark === null ? [] : [mark]))];
  for (const { runId, branch, restored } of marks) {
    if (restored === null || restored.by === null || !(await isGone(restored.by))) continue;
    await undo(repository, { runId, branch, path: restored.path });
  }
}

async function wanted({ repository, runId, number }: RestoreWorktree): Promise<StoredCheckpoint> {
  const there = await storedCheckpoints(repository, runId);
  const found = number === null ? there.at(-1) : there.find((one) => one.number === number);
  if (found !== undefined) return found;
  throw new WardenError('no_checkpoint', { runId, number, known: there.map((one) => one.number) });
}

type RestoringMark = OwnershipMark & { readonly restored: NonNullable<OwnershipMark['restored']> };

/** Under the repository's lock, so that nobody else takes the same number. */
async function register(request: RestoreWorktree, checkpoint: StoredCheckpoint): Promise<RestoringMark> {
  const { repository, runId, at } = request;
  const { path, branch } = await freeNames(request);
  // Where there was no commit yet there will be none on the branch either.
  const baseCommit = checkpoint.head ?? checkpoint.commit;
  const restored = { checkpoint: checkpoint.ref, at, path, by: await holderOf(randomUUID()) };
  const mark: RestoringMark = { runId, branch, baseCommit, restored };
  await announce(repository, mark);
  try {
    await mkdir(dirname(path), { recursive: true });
    const lock = ['--lock', '--reason', lockReason(runId)];
    const onBranch = checkpoint.head === null ? ['--detach'] : ['--no-track', '-b', branch];
    await git({
      directory: repository.path,
      arguments: ['worktree', 'add', '--no-checkout', ...lock, ...onBranch, '--', path, baseCommit],
      operation,
    });
    if (checkpoint.head === null) {
      await git({ directory: path, arguments: ['symbolic-ref', 'HEAD', `refs/heads/${branch}`], operation });
    }
    await markWorktree(repository, mark, await adminDirectoryIn(path));
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

/** First the files, all of them whatever is sparse here, then what was staged. */
async function fill(path: string, checkpoint: StoredCheckpoint, signal: AbortSignal): Promise<void> {
  const inWorktree = { directory: path, operation, signal };
  await git({
    ...inWorktree,
    arguments: [
      '-c',
      'core.sparseCheckout=false',
      'read-tree',
      '--reset',
      '-u',
      '--no-recurse-submodules',
      checkpoint.commit,
    ],
    runsPrograms: true,
  });
  const staged = checkpoint.staged ?? checkpoint.head;
  const tree = staged === null ? ['--empty'] : ['--reset', staged];
  // What is the same in both keeps what git remembers of its file.
  await git({ ...inWorktree, arguments: ['-c', 'core.sparseCheckout=false', 'read-tree', ...tree] });
  if (checkpoint.state !== null) await restoreState(path, checkpoint.state);
  // It tells by its exit code that something is changed.
  await askGit({ ...inWorktree, arguments: ['update-index', '-q', '--refresh'] });
}

async function restoreState(path: string, commit: string): Promise<void> {
  const { unmerged, intended } = await readKeptState(path, commit);
  if (unmerged.length > 0) {
    const input = Buffer.from(unmerged.map((line) => `${line}\0`).join(''), 'latin1');
    await git({ directory: path, arguments: ['update-index', '-z', '--index-info'], input, operation });
  }
  const present: string[] = [];
  for (const name of intended) {
    const file = rawJoin(Buffer.from(path), Buffer.from(name, 'latin1'));
    if ((await unlessMissing(lstat(file))) !== null) present.push(name);
  }
  if (present.length === 0) return;
  await git({
    directory: path,
    arguments: ['add', '--intent-to-add', '--force', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul'],
    environment: { GIT_LITERAL_PATHSPECS: '1' },
    input: Buffer.from(present.map((name) => `${name}\0`).join(''), 'latin1'),
    operation,
  });
}

async function adminDirectoryIn(path: string): Promise<string> {
  const directory = await adminDirectoryOf(path);
  if (directory === null) throw new WardenError('git_failed', { operation, detail: `git made no worktree in ${path}` });
  return directory;
}

/** Null where the branch has gone, or cannot be compared. */
async function changesFrom(
  { repository, names }: RestoreWorktree,
  checkpoint: StoredCheckpoint,
): Promise<RestoredWorktree['changes']> {
  if (!(await hasBranch(repository, names.branch))) return null;
  return await changesBetween(repository.gitDirectory, `refs/heads/${names.branch}`, checkpoint.commit);
}
