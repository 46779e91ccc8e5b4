import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import { adminDirectoryOf } from './admin-entries.ts';
import { askGit, git, gitFailure } from './git.ts';
import { markWorktree, type OwnershipMark } from './ownership-mark.ts';

/**
 * Makes git know a new worktree on a new branch, without files, locked and marked as the run's. It was announced before,
 * and the caller holds the repository's lock.
 * @param isUnborn the branch is to have no commit yet
 * @throws WardenError worktree_path_taken, git_failed; what is half-made then is taken back by `forget`
 */
export async function registerWorktree(
  repository: Repository,
  mark: OwnershipMark,
  path: string,
  {
    isUnborn,
    operation,
    environment,
  }: {
    readonly isUnborn: boolean;
    readonly operation: string;
    readonly environment: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { runId, branch, baseCommit } = mark;
  await mkdir(dirname(path), { recursive: true });
  // From its first moment and with the run's name, so that it is known for ours even if git is killed half-way.
  const lock = ['--lock', '--reason', lockReason(runId)];
  const onBranch = isUnborn ? ['--detach'] : ['--no-track', '-b', branch];
  const registration = {
    directory: repository.path,
    arguments: ['worktree', 'add', '--no-checkout', ...lock, ...onBranch, '--', path, baseCommit],
    operation,
    environment,
  };
  const answer = await askGit(registration);
  if (answer.exitCode !== 0) {
    if (/is a missing but (already registered|locked) worktree/.test(answer.words)) {
      throw new WardenError('worktree_path_taken', { path });
    }
    throw await gitFailure(registration, answer);
  }
  if (isUnborn) {
    await git({ directory: path, arguments: ['symbolic-ref', 'HEAD', `refs/heads/${branch}`], operation, environment });
  }
  await markWorktree(repository, mark, await adminDirectoryIn(path, operation));
}

/** Of a worktree that was just made. */
export async function adminDirectoryIn(path: string, operation: string): Promise<string> {
  const directory = await adminDirectoryOf(path);
  if (directory === null) throw new WardenError('git_failed', { operation, detail: `git made no worktree in ${path}` });
  return directory;
}
