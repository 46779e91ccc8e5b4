import { randomUUID } from 'node:crypto';
import { lstat, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { HandedOut, HandOutWorktree } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import { adminEntry } from './admin-entries.ts';
import { hasBranch } from './branches.ts';
import { settingsOf } from './checkout-settings.ts';
import { askGit, gitFailure } from './git.ts';
import { holderOf } from './lock-holder.ts';
import { announce, markWorktree, withdrawAnnouncement } from './ownership-mark.ts';
import { type PoolMark, removePoolMark, rewritePoolMark } from './pool-mark.ts';
import { isPooled, lookAt, pooledEntriesByFolder, type PooledEntry } from './pooled-entries.ts';
import { holdingLock } from './repository-lock.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { forget, thenThrow } from './undo.ts';

const operation = 'create worktree';

/**
 * Makes a prepared worktree the run's: a rename, and what git and we have written down of it. It holds exactly the base
 * and was checked out with the settings of now; whether somebody changed a file in it since it was looked at is for
 * `isAsCreated` to find.
 * @returns null when there is none to have
 */
export async function handOut(request: HandOutWorktree): Promise<HandedOut | null> {
  const { repository, path, baseCommit, isOccupied, signal } = request;
  try {
    const entries = (await pooledEntriesByFolder(repository)).filter(
      (entry) => entry.pool.commit === baseCommit && dirname(entry.path) === dirname(path),
    );
    if (entries.length === 0) return null;
    const reading = settingsOf(repository);
    for (const entry of entries) {
      const [{ fingerprint, mayHaveHook }, isInUse] = await Promise.all([reading, isOccupied(entry.path)]);
      if (isInUse || !(await isReady(entry, fingerprint))) continue;
      const take = async (): Promise<PoolMark | null> => await takeIfReady(request, entry.directory, fingerprint);
      const taken = await holdingLock(repository, take, signal);
      if (taken?.state.by === null) return { lookedAt: taken.state.lookedAt, mayHaveHook };
    }
    return null;
  } catch (error) {
    throw systemFailure(operation, path, error);
  }
}

async function isReady(entry: PooledEntry, fingerprint: string): Promise<boolean> {
  const { state, settings } = await lookAt(entry);
  return state === 'ready' && settings === fingerprint;
}

/** @returns what was said of it before; null when another took it before we had the lock */
async function takeIfReady(request: HandOutWorktree, directory: string, fingerprint: string): Promise<PoolMark | null> {
  const entry = await adminEntry(directory);
  if (!isPooled(entry) || !(await isReady(entry, fingerprint))) return null;
  const { repository, runId, path, branch, baseCommit, signal } = request;
  signal.throwIfAborted();
  if ((await unlessMissing(lstat(path))) !== null) throw new WardenError('worktree_path_taken', { path });
  const mark = { runId, branch, baseCommit, restored: null, isInherited: false };
  await announce(repository, mark);
  try {
    const by = await holderOf(randomUUID());
    await rewritePoolMark(directory, { ...entry.pool, state: { by, run: { runId, branch, path } } });
    // What takes it back must find neither still under way.
    const done = await Promise.allSettled([makeBranch(request), moveToPlace(entry, request)]);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
    // Only now: a branch that is somebody else's must not look like ours.
    await replace(join(directory, 'HEAD'), `ref: refs/heads/${branch}\n`);
    await markWorktree(repository, mark, directory);
    await removePoolMark(directory);
    return entry.pool;
  } catch (error) {
    return await thenThrow(operation, systemFailure(operation, path, error), forget(repository, request));
  }
}

/** To its place, as git and we write it down. */
async function moveToPlace({ directory, path: from }: PooledEntry, request: HandOutWorktree): Promise<void> {
  const { path, runId } = request;
  await rename(from, path);
  await replace(join(directory, 'gitdir'), renamedTo(path, await readFile(join(directory, 'gitdir'), 'utf8')));
  await replace(join(directory, 'locked'), lockReason(runId));
}

/** It is not there yet: a branch that is would be somebody's. */
async function makeBranch({ repository, runId, branch, baseCommit }: HandOutWorktree): Promise<void> {
  const request = {
    directory: repository.path,
    arguments: ['update-ref', '-m', `branch: Created from ${baseCommit}`, `refs/heads/${branch}`, baseCommit, ''],
    operation,
    environment: { WARDEN_RUN_ID: runId },
  };
  const answer = await askGit(request);
  if (answer.exitCode === 0) return;
  if (!(await hasBranch(repository, branch))) throw await gitFailure(request, answer);
  // What takes the rest back must not take that for ours.
  await withdrawAnnouncement(repository, { runId, branch });
  throw new WardenError('branch_taken', { branch });
}

/** Git may have written it relative to its own folder: both places have the same parent. */
function renamedTo(path: string, gitFile: string): string {
  return `${join(dirname(dirname(gitFile.trimEnd())), basename(path), '.git')}\n`;
}

/** In one step. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}
