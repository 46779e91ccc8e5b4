import type { Repository } from '../core/ports/worktrees.ts';
import { askGit, git, gitText } from './git.ts';
import { asWritten } from './git-environment.ts';
import { isInCheckpoint, isMergedOtherwise } from './merged.ts';
import type { OwnershipMark } from './ownership-mark.ts';

/** Where commits are kept for good: stashes and our own checkpoints come and go. */
const lasting = ['refs/heads', 'refs/remotes', 'refs/tags'];

/** Whether a local branch of that name exists. */
export async function hasBranch(repository: Repository, branch: string): Promise<boolean> {
  const answer = await askGit({
    directory: repository.path,
    arguments: ['show-ref', '--verify', '--quiet', `refs/heads/${branch}`],
    operation: 'look for branch',
  });
  return answer.exitCode === 0;
}

/** Whether a branch or tag holds the commit, one branch not counted. A ref that only names another holds nothing. */
export async function isKept(repository: Repository, commit: string, exceptBranch?: string): Promise<boolean> {
  const names = await gitText({
    directory: repository.path,
    arguments: ['for-each-ref', `--contains=${commit}`, '--format=%(refname) %(symref)', ...lasting],
    operation: 'look for branches',
    environment: asWritten,
  });
  return names.split('\n').some((line) => {
    const [name = '', target = ''] = line.split(' ');
    return name !== '' && target === '' && name !== `refs/heads/${exceptBranch}`;
  });
}

/** Whether the main checkout is at the commit or has it in its history, on a branch or detached. */
async function isInMainHead(repository: Repository, commit: string): Promise<boolean> {
  const answer = await askGit({
    directory: repository.path,
    arguments: ['merge-base', '--is-ancestor', commit, 'HEAD'],
    operation: 'look for branches',
    environment: asWritten,
  });
  return answer.exitCode === 0;
}

/**
 * Deletes a branch of ours that no worktree has checked out. Called with the repository's lock held: of two branches
 * that hold each other's commits, the second must not count on the first.
 * @param mayGo decides by the tip; the branch is kept if it moves meanwhile
 * @returns whether it was deleted
 */
export async function deleteBranch(
  repository: Repository,
  branch: string,
  mayGo: (tip: string) => Promise<boolean>,
): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const tip = await tipOf(repository, ref);
  if (tip === null || !(await mayGo(tip))) return false;
  await git({
    directory: repository.path,
    arguments: ['update-ref', '-d', ref, tip],
    operation: 'delete branch',
  });
  // Git fails where the branch has no settings, and mostly it has none.
  await askGit({
    directory: repository.path,
    arguments: ['config', '--local', '--remove-section', `branch.${branch}`],
    operation: 'delete branch',
  });
  return true;
}

/**
 * Deletes the branch of a run that is over, if its tip is on another branch or tag, if it never left the base and the
 * main checkout has that, or if a main branch has its work otherwise and a checkpoint its commits. A branch that cannot be
 * deleted is one that is kept.
 * @returns whether it was deleted
 */
export async function deleteBranchOfRun(repository: Repository, mark: OwnershipMark): Promise<boolean> {
  try {
    return await deleteBranch(
      repository,
      mark.branch,
      async (tip) =>
        (await isKept(repository, tip, mark.branch)) ||
        (tip === mark.baseCommit && (await isInMainHead(repository, tip))) ||
        ((await isInCheckpoint(repository, mark.runId, tip)) && (await isMergedOtherwise(repository, tip))),
    );
  } catch {
    return false;
  }
}

/** @returns null when there is no such branch, or a worktree has it checked out */
async function tipOf(repository: Repository, ref: string): Promise<string | null> {
  const output = await git({
    directory: repository.path,
    arguments: ['for-each-ref', '--format=%(refname)%00%(objectname)%00%(worktreepath)', ref],
    operation: 'look for branch',
  });
  for (const line of output.toString('utf8').split('\n')) {
    const [name, tip, worktree] = line.split('\0');
    if (name === ref && tip !== undefined && worktree === '') return tip;
  }
  return null;
}
