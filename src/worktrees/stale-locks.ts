import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, realpath, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { SharedRound } from '../core/shared-round.ts';
import { adminDirectoryOf, adminEntries } from './admin-entries.ts';
import { fileUsers, type FileUsers } from './file-users.ts';
import { inBatches } from './in-batches.ts';
import { markedSince, markOf } from './ownership-mark.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';

interface LockFile {
  readonly path: string;
  readonly facts: Stats;
  /** Where git would be at work if it were using the lock. */
  readonly folders: readonly string[];
}

/** Locks of git that a git in any worktree of the repository may take. */
const sharedLocks = ['packed-refs.lock', 'config.lock', 'shallow.lock'];

/**
 * Removes the lock files that git left when it was killed in a worktree of ours: all of the worktree's own (index, HEAD
 * and what else is in git's folder for it), those of its branch, and those of the repository that are younger than the
 * worktree, also those of worktrees that it was making itself. Only on proof that nobody uses them; where the platform gives none, nothing is removed.
 * @param ours a git of ours that may be at work there: who uses the locks is looked at when it has ended
 * @returns the paths of those removed
 */
export async function removeStaleLocks(worktreePath: string, ours?: Promise<unknown>): Promise<string[]> {
  try {
    const removed: string[] = [];
    for (const lock of await unusedLocks(worktreePath, ours)) {
      const now = await unlessMissing(lstat(lock.path));
      if (now?.ino !== lock.facts.ino || now.mtimeMs !== lock.facts.mtimeMs) continue;
      await unlessMissing(unlink(lock.path));
      removed.push(lock.path);
    }
    return removed;
  } catch (error) {
    throw systemFailure('remove stale locks', worktreePath, error);
  }
}

/** The paths of those that it would remove. */
export async function staleLocks(worktreePath: string): Promise<string[]> {
  try {
    return (await unusedLocks(worktreePath)).map(({ path }) => path);
  } catch (error) {
    throw systemFailure('look for stale locks', worktreePath, error);
  }
}

async function unusedLocks(worktreePath: string, ours?: Promise<unknown>): Promise<LockFile[]> {
  const found = await locksLeft(worktreePath);
  if (found.length === 0) return [];
  await ours;
  const paths = found.map(({ path }) => path);
  const users = await fileUsers(paths, new Set(found.map(({ facts }) => facts.uid)));
  return users === null ? [] : found.filter((lock) => !isInUse(lock, users));
}

async function locksLeft(worktreePath: string): Promise<LockFile[]> {
  const admin = await adminDirectoryOf(worktreePath);
  const mark = admin === null ? null : await markOf(admin);
  if (admin === null || mark === null) return [];
  const common = await realpath(resolve(admin, (await readFile(join(admin, 'commondir'), 'utf8')).trim()));
  const madeAt = await markedSince(admin);
  const [own, ofBranch, shared, halfMade] = await Promise.all([
    present(await locksIn(admin)),
    present(branchLocks(common, mark.branch)),
    present(sharedLocks.map((name) => join(common, name))),
    present(await halfMadeLocks(common)),
  ]);
  const here = [await realpath(worktreePath), admin];
  // What is left of before this worktree was made is somebody else's.
  const elsewhere = [...ofBranch, ...[...shared, ...halfMade].filter(({ facts }) => facts.mtimeMs >= madeAt)];
  const everywhere = elsewhere.length === 0 ? [] : [...here, ...(await workplacesOf(common))];
  return [
    ...own.map((lock) => ({ ...lock, folders: here })),
    ...elsewhere.map((lock) => ({ ...lock, folders: everywhere })),
  ];
}

async function locksIn(admin: string): Promise<string[]> {
  const names = await readdir(admin, { recursive: true });
  return names.filter((name) => name.endsWith('.lock')).map((name) => join(admin, name));
}

/** One look at the worktrees of a repository for all kills in it that ask at once, by git's common folder. */
const looksForHalfMade = new Map<string, SharedRound<string[]>>();

function halfMadeLocks(common: string): Promise<string[]> {
  const look = looksForHalfMade.get(common) ?? new SharedRound(() => initializingLocks(common));
  looksForHalfMade.set(common, look);
  return look.join();
}

/**
 * What a `git worktree add` that was killed leaves locked, so that neither `git worktree prune` nor `remove` would ever
 * take it away. Only the lock goes: whose worktree it was, and what to do with it, is for that one to say.
 */
async function initializingLocks(common: string): Promise<string[]> {
  const parent = join(common, 'worktrees');
  const names = (await unlessMissing(readdir(parent))) ?? [];
  const found: string[] = [];
  await inBatches(names, 16, async (name) => {
    const lock = join(parent, name, 'locked');
    const reason = await unlessMissing(readFile(lock, 'utf8'));
    if (reason?.trim() === 'initializing' && (await markOf(join(parent, name))) === null) found.push(lock);
  });
  return found;
}

/** A branch may be written to from any worktree: git packs all of them now and then. */
function branchLocks(common: string, branch: string): string[] {
  return ['refs', join('logs', 'refs')].map((folder) => join(common, folder, 'heads', `${branch}.lock`));
}

async function present(paths: readonly string[]): Promise<Pick<LockFile, 'path' | 'facts'>[]> {
  const found = await Promise.all(paths.map(async (path) => ({ path, facts: await unlessMissing(lstat(path)) })));
  return found.flatMap(({ path, facts }) => (facts?.isFile() === true ? [{ path, facts }] : []));
}

/** Every folder in which a git of the repository may be at work. */
async function workplacesOf(common: string): Promise<string[]> {
  const repository: Repository = { path: dirname(common), gitDirectory: common };
  const worktrees = (await adminEntries(repository)).map((entry) => entry.path).filter((path) => path !== null);
  return [repository.path, common, ...worktrees];
}

function isInUse(lock: LockFile, users: FileUsers): boolean {
  if (users.openFiles.has(lock.path)) return true;
  return users.gitDirectories.some((directory) =>
    lock.folders.some((folder) => directory === folder || directory.startsWith(folder + sep)),
  );
}
