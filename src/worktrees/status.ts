import { isWardenError } from '../core/errors.ts';
import type { UncommittedFiles } from '../core/impact.ts';
import { askGit, type GitAnswer } from './git.ts';

export interface WorktreeStatus {
  /** Name of the branch that is checked out; null when detached. */
  readonly branch: string | null;
  /** Null before the first commit. */
  readonly head: string | null;
  /** Changed, staged, untracked and unmerged files; ignored ones not counted. */
  readonly dirtyFiles: number;
}

/** Work in a submodule counts, whatever is configured. */
export const statusArguments: readonly string[] = [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--untracked-files=all',
  '--no-renames',
  '--ignore-submodules=none',
];

/** A named pipe in the place of a file that git reads, or a filter, may never answer; nobody waits longer for it. */
const patienceMilliseconds = 60_000;

/**
 * @param environment of whatever git starts, besides what it has anyway
 * @param patience milliseconds
 * @returns null when git cannot tell, or not of every file, or not in time
 */
export async function statusOf(
  worktreePath: string,
  environment: Readonly<Record<string, string>> = {},
  patience = patienceMilliseconds,
): Promise<WorktreeStatus | null> {
  const signal = AbortSignal.timeout(patience);
  const request = {
    directory: worktreePath,
    arguments: statusArguments,
    operation: 'look at worktree',
    environment,
    signal,
  };
  const answer = await askGit(request).catch((error: unknown) => {
    if (signal.aborted || isWardenError(error, 'git_failed')) return null;
    throw error;
  });
  if (answer === null || !isWholeStatus(answer)) return null;
  let branch: string | null = null;
  let head: string | null = null;
  for (const line of linesOf(answer.output)) {
    if (line.startsWith('# branch.oid ')) head = valueOf(line);
    else if (line.startsWith('# branch.head ')) branch = valueOf(line);
  }
  const { tracked, untracked } = countedFiles(answer.output);
  return { branch, head, dirtyFiles: tracked + untracked };
}

/** Git skips folders that it may not read, with a warning and success. */
export function isWholeStatus({ exitCode, words }: GitAnswer): boolean {
  return exitCode === 0 && !/^warning: could not open directory/m.test(words);
}

/** Unmerged files are tracked ones too. */
export function countedFiles(status: Buffer): UncommittedFiles {
  let [tracked, untracked] = [0, 0];
  for (const line of linesOf(status)) {
    if (line.startsWith('? ')) untracked += 1;
    else if (!line.startsWith('# ')) tracked += 1;
  }
  return { tracked, untracked };
}

/** Git puts what is not there, `(initial)` and `(detached)`, in parentheses. */
function valueOf(line: string): string | null {
  const value = line.slice(line.indexOf(' ', 2) + 1);
  return value === '(initial)' || value === '(detached)' ? null : value;
}

function* linesOf(output: Buffer): Generator<string> {
  for (let start = 0; start < output.length;) {
    const end = output.indexOf(0, start);
    yield output.toString('utf8', start, end);
    start = end + 1;
  }
}
