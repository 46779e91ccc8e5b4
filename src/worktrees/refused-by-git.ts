import { WardenError } from '../core/errors.ts';
import { type GitAnswer, wordsOf } from './git.ts';

/**
 * Why git does not even read a repository: what is wrong is in the repository or in who owns it, and for its user to put
 * right. Git tells the command by which it is told to trust what is another user's.
 * @see https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory
 */
export function refusalOfGit(path: string, answer: GitAnswer): WardenError {
  const detail = wordsOf(answer);
  const [, command] =
    /detected dubious ownership[^]*?(git config --global --add safe\.directory .+)/.exec(detail) ?? [];
  return command === undefined
    ? new WardenError('unusable_repository', { path, detail })
    : new WardenError('repository_of_another', { path, command });
}
