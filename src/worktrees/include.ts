import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { CopyProgress, Included, IncludeFiles, Repository } from '../core/ports/worktrees.ts';
import { copyInto } from './copy-into.ts';
import { git, nulSeparated } from './git.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';

const operation = 'include files';

/** Whoever watches is told no more often than this. */
const tellMilliseconds = 250;

/**
 * Copies what git ignores in the main checkout but a run needs into its worktree: what the repository's
 * `.worktreeinclude` names, then what the patterns name, in the syntax of `.gitignore`. A later pattern overrides an
 * earlier one. Nothing that is there already is overwritten.
 * @throws WardenError git_failed, disk_full; the signal's reason when aborted
 */
export async function include(repository: Repository, worktreePath: string, request: IncludeFiles): Promise<Included> {
  const listFile = join(repository.path, '.worktreeinclude');
  const { signal } = request;
  try {
    const list = await unlessMissing(readList(listFile));
    const patterns = [...request.whereThere, ...request.patterns];
    if (list === null && patterns.length === 0) return { copied: [], unmatched: [] };
    const fromFile = list === null ? [] : [`--exclude-from=${listFile}`];
    const [ignored, wanted] = await Promise.all([
      untracked(repository, ['--exclude-standard'], signal),
      untracked(repository, [...fromFile, ...patterns.map((pattern) => `--exclude=${pattern}`)], signal),
    ]);
    const copied: string[] = [];
    const copy = { from: repository.path, to: worktreePath, signal, onCopied: counting(request.onCopied) };
    for (const path of inBoth(ignored, wanted)) {
      const name = path.endsWith('/') ? path.slice(0, -1) : path;
      if (await copyInto(copy, Buffer.from(name, 'latin1'))) {
        copied.push(Buffer.from(name, 'latin1').toString('utf8'));
      }
    }
    const expected = [...patternsIn(list ?? ''), ...request.patterns.filter(isPositive)];
    return { copied, unmatched: await unmatchedOf(repository, expected, ignored, signal) };
  } catch (error) {
    throw systemFailure(operation, worktreePath, error);
  }
}

/** Who reads a named pipe waits for somebody to write into it. */
async function readList(file: string): Promise<string> {
  if ((await stat(file)).isFile()) return readFile(file, 'utf8');
  throw new WardenError('git_failed', { operation, detail: `${file} is not a file` });
}

function counting(onCopied: IncludeFiles['onCopied']): (bytes: number) => void {
  let copied: CopyProgress = { files: 0, bytes: 0 };
  let toldAt = -Infinity;
  return (bytes) => {
    copied = { files: copied.files + 1, bytes: copied.bytes + bytes };
    if (performance.now() - toldAt < tellMilliseconds) return;
    toldAt = performance.now();
    onCopied(copied);
  };
}

/** Patterns of a list that ask for something. Blanks at the end of a line do not count, unless they are escaped. */
function patternsIn(list: string): string[] {
  const lines = list.split('\n').map((line) => line.replace(/(?<!\\)[ \t\r]+$/, ''));
  return lines.filter((line) => line !== '' && !line.startsWith('#') && isPositive(line));
}

const isPositive = (pattern: string): boolean => !pattern.startsWith('!');

/** Patterns that match nothing that git ignores: a name misspelled, or of what is tracked or not ignored. */
async function unmatchedOf(
  repository: Repository,
  patterns: readonly string[],
  ignored: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const unmatched: string[] = [];
  for (const pattern of new Set(patterns)) {
    const matched = await untracked(repository, [`--exclude=${pattern}`], signal);
    if (inBoth(ignored, matched).length === 0) unmatched.push(pattern);
  }
  return unmatched;
}

/**
 * Untracked files that patterns match, a byte per character; a folder of which they match everything is named once,
 * with a slash at its end, so that `node_modules` costs one line and not a hundred thousand.
 */
async function untracked(
  repository: Repository,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const output = await git({
    directory: repository.path,
    arguments: ['ls-files', '--others', '--ignored', '--directory', '-z', ...patterns],
    operation,
    signal,
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
