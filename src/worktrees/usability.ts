import type { RepositoryState } from '../core/aftermath.ts';
import { detailOf } from '../core/errors.ts';
import { adminDirectoryOf } from './admin-entries.ts';
import { askGit, type GitAnswer } from './git.ts';
import { isIndexWhole } from './index-checksum.ts';
import { operationIn } from './operation.ts';
import { markOf } from './ownership-mark.ts';

/** Nothing is said of a repository whose git takes longer. */
const limitMilliseconds = 5_000;

/**
 * Whether git can go on in a worktree of ours: its HEAD leads to a commit and its index can be read. One git command that
 * reads neither the files nor the history.
 * @returns never throws: what could not be found out is `unknown`
 */
export async function usabilityOf(worktreePath: string): Promise<RepositoryState> {
  try {
    const admin = await adminDirectoryOf(worktreePath);
    const mark = admin === null ? null : await markOf(admin);
    if (admin === null || mark === null) return unknown(`${worktreePath} is no worktree of a run any more`);
    const signal = AbortSignal.timeout(limitMilliseconds);
    const ask = async (...parameters: string[]): Promise<GitAnswer> =>
      await askGit({ directory: worktreePath, arguments: parameters, operation: 'look at worktree', signal });
    const answer = await ask('diff-index', '--cached', '--quiet', 'HEAD', '--');
    const isUsable = answer.exitCode <= 1 || (await isOnNewBranch(ask, mark.branch));
    if (!isUsable) return { state: 'damaged', detail: answer.words || `git ended with ${answer.exitCode}` };
    // In the words that `git fsck` has for it.
    if (!(await isIndexWhole(admin))) return { state: 'damaged', detail: 'bad index file sha1 signature' };
    return { state: 'usable', operation: await operationIn(admin) };
  } catch (error) {
    return unknown(detailOf(error));
  }
}

/** A run may begin a history of its own, whose first commit is still to come; its own branch had one from the start. */
async function isOnNewBranch(
  ask: (...parameters: string[]) => Promise<GitAnswer>,
  ownBranch: string,
): Promise<boolean> {
  const head = await ask('symbolic-ref', '--quiet', 'HEAD');
  const ref = head.output.toString('utf8').trim();
  if (head.exitCode !== 0 || ref === `refs/heads/${ownBranch}`) return false;
  const branch = await ask('show-ref', '--verify', '--quiet', ref);
  const index = await ask('ls-files', '--error-unmatch', '--', ':/');
  return branch.exitCode !== 0 && index.exitCode <= 1;
}

function unknown(detail: string): RepositoryState {
  return { state: 'unknown', detail };
}
