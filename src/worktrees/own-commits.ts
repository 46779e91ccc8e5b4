import type { Repository } from '../core/ports/worktrees.ts';
import { askGit } from './git.ts';
import type { OwnershipMark } from './ownership-mark.ts';

/**
 * How many commits of a worktree's HEAD and of its run's branch, since its base, are on no other branch, no remote's and
 * no tag.
 * @param head null before the first commit
 * @returns null where git cannot tell
 */
export async function ownCommits(
  repository: Repository,
  head: string | null,
  { branch, baseCommit }: Pick<OwnershipMark, 'branch' | 'baseCommit'>,
): Promise<number | null> {
  const own = [...(head === null ? [] : [head]), `refs/heads/${branch}`];
  const elsewhere = [`--exclude=${branch}`, '--branches', '--tags', '--remotes', baseCommit];
  const answer = await askGit({
    directory: repository.gitDirectory,
    arguments: ['rev-list', '--count', '--ignore-missing', ...own, '--not', ...elsewhere, '--'],
    operation: 'look at worktree',
  });
  const count = answer.output.toString('utf8').trim();
  return answer.exitCode === 0 && /^\d+$/.test(count) ? Number(count) : null;
}

/** @returns null when there is no such branch */
export async function tipOf(repository: Repository, branch: string): Promise<string | null> {
  const answer = await askGit({
    directory: repository.gitDirectory,
    arguments: ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`],
    operation: 'look at worktree',
  });
  return answer.exitCode === 0 ? answer.output.toString('utf8').trim() : null;
}
