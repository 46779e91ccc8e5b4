import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { markOf, type OwnershipMark } from './ownership-mark.ts';
import { type PoolMark, poolMarkOf } from './pool-mark.ts';
import { unlessMissing } from './system-failure.ts';

/** A linked worktree as git's own folder for it (`worktrees/<id>`) describes it. */
export interface AdminEntry {
  /** That folder. */
  readonly directory: string;
  /** The worktree's folder, there or not; null when git died before it wrote it down. */
  readonly path: string | null;
  /** The reason given to `git worktree lock`; null when not locked. */
  readonly lockReason: string | null;
  /** What HEAD says, a commit or a reference to a branch; null when git died before it wrote it down. */
  readonly head: string | null;
  /** Full name of the branch that is checked out; null when detached, or not known: then nothing counts on it. */
  readonly headRef: string | null;
  /** Null when the worktree is not a run's. */
  readonly mark: OwnershipMark | null;
  /** Null when it is not of the pool, or a run has it already. */
  readonly pool: PoolMark | null;
}

/** What git writes there where it keeps all refs in tables (gitrepository-layout(5), reftable). */
const inTable = 'ref: refs/heads/.invalid';

export async function adminEntries(repository: Repository): Promise<AdminEntry[]> {
  const parent = join(repository.gitDirectory, 'worktrees');
  const names = (await unlessMissing(readdir(parent))) ?? [];
  const entries = await Promise.all(names.map((name) => adminEntry(join(parent, name))));
  return entries.filter((entry) => entry !== null);
}

/** @returns null when there is no such folder */
export async function adminEntry(directory: string): Promise<AdminEntry | null> {
  if ((await unlessMissing(lstat(directory)))?.isDirectory() !== true) return null;
  const [gitFile, lockReason, head, mark, pool] = await Promise.all([
    firstLine(join(directory, 'gitdir')),
    unlessMissing(readFile(join(directory, 'locked'), 'utf8')),
    firstLine(join(directory, 'HEAD')),
    markOf(directory),
    poolMarkOf(directory),
  ]);
  return {
    directory,
    path: gitFile === null || gitFile === '' ? null : dirname(resolve(directory, gitFile)),
    lockReason: lockReason?.trim() ?? null,
    head,
    headRef: head?.startsWith('ref: ') === true && head !== inTable ? head.slice('ref: '.length) : null,
    mark,
    pool: mark === null ? pool : null,
  };
}

/**
 * Git's own folder for the worktree in a folder, as the `.git` file there names it.
 * @returns null when there is none: no worktree, a repository of its own, or git died before it wrote it
 */
export async function adminDirectoryOf(worktreePath: string): Promise<string | null> {
  const file = join(worktreePath, '.git');
  if ((await unlessMissing(lstat(file)))?.isFile() !== true) return null;
  const line = await firstLine(file);
  if (line?.startsWith('gitdir: ') !== true) return null;
  return await unlessMissing(realpath(resolve(worktreePath, line.slice('gitdir: '.length))));
}

/** The folder is there and is that worktree: its `.git` file leads back to the entry. */
export async function isWorktreeOf(entry: AdminEntry): Promise<boolean> {
  if (entry.path === null) return false;
  const named = await adminDirectoryOf(entry.path);
  return named !== null && named === (await unlessMissing(realpath(entry.directory)));
}

async function firstLine(file: string): Promise<string | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  return text === null ? null : (text.split(/\r?\n/, 1)[0] ?? '').trimEnd();
}
