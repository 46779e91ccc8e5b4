import { isWardenError } from '../core/errors.ts';
import { askGit } from './git.ts';

export interface WorktreeStatus {
  /** Name of the branch that is checked out; null when detached. */
  readonly branch: string | null;
  /** Null before the first commit. */
  readonly head: string | null;
  /** Changed, staged, untracked and unmerged files; ignored ones not counted. */
  readonly dirtyFiles: number;
}

/** Work in a submodule counts, whatever is configured. */
const submodules = ['--ignore-submodules=none'];

/**
 * @param environment of whatever git starts, besides what it has anyway
 * @returns null when git cannot tell, or not of every file
 */
export async function statusOf(
  worktreePath: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<WorktreeStatus | null> {
  const request = {
    directory: worktreePath,
    arguments: ['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all', '--no-renames', ...submodules],
    operation: 'look at worktree',
    environment,
  };
  const answer = await askGit(request).catch((error: unknown) => {
    if (isWardenError(error, 'git_failed')) return null;
    throw error;
  });
  if (answer === null) return null;
  // Git skips folders that it may not read, with a warning and success.
  if (answer.exitCode !== 0 || /^warning: could not open directory/m.test(answer.words)) return null;
  let branch: string | null = null;
  let head: string | null = null;
  let dirtyFiles = 0;
  for (const line of linesOf(answer.output)) {
    if (line.startsWith('# branch.oid ')) head = valueOf(line);
    else if (line.startsWith('# branch.head ')) branch = valueOf(line);
    else if (!line.startsWith('# ')) dirtyFiles += 1;
  }
  return { branch, head, dirtyFiles };
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
