import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { copyInto } from './copy-into.ts';
import { git, nulSeparated } from './git.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';

const operation = 'include files';

/**
 * Copies what git ignores in the main checkout but a run needs into its worktree: what the repository's
 * `.worktreeinclude` names, then what the patterns name, in the syntax of `.gitignore`. A later pattern overrides an
 * earlier one. Nothing that is there already is overwritten.
 * @returns the paths copied, relative to the repository; a folder that was ignored as a whole stands for what is in it
 * @throws WardenError git_failed, disk_full
 */
export async function include(
  repository: Repository,
  worktreePath: string,
  patterns: readonly string[],
): Promise<string[]> {
  const listFile = join(repository.path, '.worktreeinclude');
  try {
    const hasListFile = (await unlessMissing(lstat(listFile))) !== null;
    if (!hasListFile && patterns.length === 0) return [];
    const fromFile = hasListFile ? [`--exclude-from=${listFile}`] : [];
    const [ignored, wanted] = await Promise.all([
      untracked(repository, ['--exclude-standard']),
      untracked(repository, [...fromFile, ...patterns.map((pattern) => `--exclude=${pattern}`)]),
    ]);
    const copied: string[] = [];
    for (const path of inBoth(ignored, wanted)) {
      const name = path.endsWith('/') ? path.slice(0, -1) : path;
      if (await copyInto(repository.path, worktreePath, Buffer.from(name, 'latin1'))) {
        copied.push(Buffer.from(name, 'latin1').toString('utf8'));
      }
    }
    return copied;
  } catch (error) {
    throw systemFailure(operation, worktreePath, error);
  }
}

/**
 * Untracked files that patterns match, a byte per character; a folder of which they match everything is named once,
 * with a slash at its end, so that `node_modules` costs one line and not a hundred thousand.
 */
async function untracked(repository: Repository, patterns: readonly string[]): Promise<Set<string>> {
  const output = await git({
    directory: repository.path,
    arguments: ['ls-files', '--others', '--ignored', '--directory', '-z', ...patterns],
    operation,
  });
  return new Set(nulSeparated(output, 'latin1'));
}

/** Paths that are, or are within, a path of each, without those that are within another of the result. */
function inBoth(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  const both = new Set([
    ...[...some].filter((path) => others.has(path) || foldersAround(path).some((folder) => others.has(folder))),
    ...[...others].filter((path) => foldersAround(path).some((folder) => some.has(folder))),
  ]);
  return [...both].filter((path) => !foldersAround(path).some((folder) => both.has(folder))).sort();
}

/** `a/b/c` -> `a/`, `a/b/`. */
function foldersAround(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf('/'); slash !== -1 && slash < path.length - 1; slash = path.indexOf('/', slash + 1)) {
    folders.push(path.slice(0, slash + 1));
  }
  return folders;
}
