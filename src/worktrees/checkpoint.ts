import type { Repository } from '../core/ports/worktrees.ts';
import type { AdminEntry } from './admin-entries.ts';
import { isKept } from './branches.ts';
import { type CheckpointRequest, commitTree, durable, keepTree } from './checkpoint-commit.ts';
import { askGit, git, gitFailure, gitText } from './git.ts';
import { checkNestedRepositories } from './nested-repositories.ts';
import { lookAtEveryFile, type TemporaryIndex, withTemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/** Neither line endings nor what git remembers of folders keep a file from being added. */
const undeterred = ['-c', 'core.safecrlf=false', '-c', 'core.untrackedCache=false'];

/** Work that has been kept, and the copy verified. */
export interface KeptWork {
  /** The ref of the checkpoint; null when everything is in HEAD, and HEAD is on a branch or tag. */
  readonly checkpoint: string | null;
  /** Whether the worktree's files are still what was kept. Costs no reading of those that were not touched. */
  isUpToDate(): Promise<boolean>;
}

/**
 * Keeps tracked, staged and untracked files (not ignored ones) as a commit on top of HEAD. The worktree, its index and
 * its HEAD stay as they are. Where what was staged is neither what HEAD nor what the worktree holds, it becomes the
 * commit's second parent, as in a stash.
 * @param task what is only done once the work is safe
 * @throws WardenError git_failed, disk_full; then nothing may be taken for kept, and the task was not begun
 */
export async function keepingWork<Result>(
  request: CheckpointRequest,
  task: (work: KeptWork) => Promise<Result>,
): Promise<Result> {
  const keep = async (index: TemporaryIndex): Promise<Result> => {
    const checkpoint = await checkpointOf(request, index);
    return await task({
      checkpoint,
      isUpToDate: async () => request.worktreePath === null || (await isAsIndexed(index)),
    });
  };
  return await withTemporaryIndex(request.entry, request.worktreePath, keep, request.environment);
}

async function isAsIndexed(index: TemporaryIndex): Promise<boolean> {
  const differing = await git({
    ...index,
    arguments: ['ls-files', '--modified', '--deleted', '--others', '--exclude-standard', '-z'],
    operation,
  });
  return differing.length === 0;
}

async function checkpointOf(request: CheckpointRequest, index: TemporaryIndex): Promise<string | null> {
  const { entry, worktreePath, repository } = request;
  const head = await headOf(index);
  const staged = await stagedTree(index);
  const found = worktreePath === null ? (staged ?? head?.tree ?? null) : await workingTree(index, worktreePath);
  if (found === null) return null;
  const before = head?.tree ?? emptyTree(found);
  const isStagedElsewhere = staged === null || staged === found || staged === before;
  const isCommitted = head === null || (await isOnBranch(repository, entry, head.commit));
  if (found === before && isStagedElsewhere && isCommitted) return null;
  const parents = head === null ? [] : [head.commit];
  if (!isStagedElsewhere) parents.push(await commitTree(index, staged, parents, `${request.runId}: what was staged`));
  return await keepTree(request, index, found, parents);
}

/** The name of the tree without entries, by the kind of names that the repository uses. */
function emptyTree(like: string): string {
  return like.length === 40
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';
}

async function headOf(index: TemporaryIndex): Promise<{ readonly commit: string; readonly tree: string } | null> {
  const request = { ...index, arguments: ['rev-parse', 'HEAD^{commit}', 'HEAD^{tree}'], operation };
  const answer = await askGit(request);
  const [commit, tree] = answer.output.toString('utf8').split('\n');
  if (answer.exitCode === 0 && commit !== undefined && tree !== undefined) return { commit, tree };
  if (await isUnborn(index)) return null;
  throw await gitFailure(request, answer);
}

/** HEAD names a branch that has no commit yet. */
async function isUnborn(index: TemporaryIndex): Promise<boolean> {
  const head = await askGit({ ...index, arguments: ['symbolic-ref', '--quiet', 'HEAD'], operation });
  if (head.exitCode !== 0) return false;
  const ref = head.output.toString('utf8').trim();
  const found = await askGit({ ...index, arguments: ['show-ref', '--verify', '--quiet', ref], operation });
  return found.exitCode !== 0;
}

/** @returns null in the middle of a merge, when there is no one staged state */
async function stagedTree(index: TemporaryIndex): Promise<string | null> {
  const answer = await askGit({ ...index, arguments: [...durable, 'write-tree'], operation });
  return answer.exitCode === 0 ? answer.output.toString('utf8').trim() : null;
}

async function workingTree(index: TemporaryIndex, worktreePath: string): Promise<string> {
  await lookAtEveryFile(index);
  const addition = {
    ...index,
    arguments: [...durable, ...undeterred, 'add', '--all', '--sparse'],
    operation,
  };
  const answer = await askGit(addition);
  // Git skips folders that it may not read, with a warning and success.
  if (answer.exitCode !== 0 || /^warning: could not open directory/m.test(answer.words)) {
    throw await gitFailure(addition, answer);
  }
  const tree = await gitText({ ...index, arguments: [...durable, 'write-tree'], operation });
  await checkNestedRepositories(worktreePath, tree);
  return tree;
}

/** The branch that a worktree is on stays unless its commits are elsewhere too; a detached HEAD stays nowhere. */
async function isOnBranch(repository: Repository, entry: AdminEntry, head: string): Promise<boolean> {
  return entry.headRef?.startsWith('refs/heads/') === true || (await isKept(repository, head));
}
