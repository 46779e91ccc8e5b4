import type { Stats } from 'node:fs';
import { lstat, readFile, realpath, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { adminDirectoryOf, adminEntries } from './admin-entries.ts';
import { fileUsers, type FileUsers } from './file-users.ts';
import { markOf } from './ownership-mark.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';

interface LockFile {
  readonly path: string;
  /** Where git would be at work if it were using the lock. */
  readonly folders: readonly string[];
}

/**
 * Removes the lock files that git left when it was killed in a worktree of ours: of its index, its HEAD and its own
 * branch. Only on proof that nobody uses them; where the platform gives none, nothing is removed.
 * @returns the paths of those removed
 */
export async function removeStaleLocks(worktreePath: string): Promise<string[]> {
  try {
    const removed: string[] = [];
    const found: { readonly lock: LockFile; readonly facts: Stats }[] = [];
    for (const lock of await possibleLocks(worktreePath)) {
      const facts = await unlessMissing(lstat(lock.path));
      if (facts?.isFile() === true) found.push({ lock, facts });
    }
    if (found.length === 0) return [];
    const paths = found.map(({ lock }) => lock.path);
    const users = await fileUsers(paths, new Set(found.map(({ facts }) => facts.uid)));
    for (const { lock, facts } of found) {
      if (users === null || isInUse(lock, users)) continue;
      const now = await unlessMissing(lstat(lock.path));
      if (now?.ino !== facts.ino || now.mtimeMs !== facts.mtimeMs) continue;
      await unlessMissing(unlink(lock.path));
      removed.push(lock.path);
    }
    return removed;
  } catch (error) {
    throw systemFailure('remove stale locks', worktreePath, error);
  }
}

async function possibleLocks(worktreePath: string): Promise<LockFile[]> {
  const admin = await adminDirectoryOf(worktreePath);
  const mark = admin === null ? null : await markOf(admin);
  if (admin === null || mark === null) return [];
  const common = await realpath(resolve(admin, (await readFile(join(admin, 'commondir'), 'utf8')).trim()));
  const repository = { path: dirname(common), gitDirectory: common };
  const worktrees = (await adminEntries(repository)).map((entry) => entry.path).filter((path) => path !== null);
  const here = [await realpath(worktreePath), admin];
  return [
    { path: join(admin, 'index.lock'), folders: here },
    { path: join(admin, 'HEAD.lock'), folders: here },
    // A branch may be written to from any worktree: git packs all of them now and then.
    {
      path: join(common, 'refs', 'heads', `${mark.branch}.lock`),
      folders: [...here, repository.path, common, ...worktrees],
    },
  ];
}

function isInUse(lock: LockFile, users: FileUsers): boolean {
  if (users.openFiles.has(lock.path)) return true;
  return users.gitDirectories.some((directory) =>
    lock.folders.some((folder) => directory === folder || directory.startsWith(folder + sep)),
  );
}
