import { WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { askGit } from './git.ts';
import { refusalOfGit } from './refused-by-git.ts';

/**
 * The full name of the commit that a branch, tag or anything else that git understands stands for.
 * @throws WardenError base_not_found, repository_without_commit, unusable_repository
 */
export async function commitOf(repository: Repository, base: string): Promise<string> {
  // Nothing that git resolves begins with a dash, and with one it would be taken for an option.
  if (!base.startsWith('-') && base !== '') {
    const answer = await askGit({
      directory: repository.path,
      arguments: ['rev-parse', '--verify', '--quiet', `${base}^{commit}`],
      operation: 'resolve base',
    });
    const commit = answer.output.toString('utf8').trim();
    if (answer.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  }
  if (await isWithoutCommit(repository)) throw new WardenError('repository_without_commit', { path: repository.path });
  throw new WardenError('base_not_found', { base, repository: repository.path });
}

async function isWithoutCommit(repository: Repository): Promise<boolean> {
  const request = {
    directory: repository.path,
    arguments: ['rev-list', '--max-count=1', '--all'],
    operation: 'resolve base',
  };
  const answer = await askGit(request);
  if (answer.exitCode !== 0) throw refusalOfGit(repository.path, answer);
  return answer.output.length === 0;
}
