import type { Repository } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import type { AdminEntry } from './admin-entries.ts';
import { isKept } from './branches.ts';
import { askGit, git, gitFailure, gitText } from './git.ts';
import { checkNestedRepositories } from './nested-repositories.ts';
import { lookAtEveryFile, type TemporaryIndex, withTemporaryIndex } from './temporary-index.ts';

export interface CheckpointRequest {
  readonly repository: Repository;
  readonly entry: AdminEntry;
  readonly runId: RunId;
  /** The worktree's folder; null when it has gone and only git's own records of it are left. */
  readonly worktreePath: string | null;
  /** The first number to try. A number that is taken is never given to other work. */
  readonly number: number;
}

const operation = 'keep work';

/** Written to the disk, not only to its cache, since what they were made from may go next. */
const durable = ['-c', 'core.fsync=loose-object,reference', '-c', 'core.fsyncMethod=batch'];

/** Nobody's: a checkpoint must not need `user.name`, nor pass for a commit of a person. */
const identity = {
  GIT_AUTHOR_NAME: 'Workflow Warden',
  GIT_AUTHOR_EMAIL: 'workflow-warden@localhost',
  GIT_COMMITTER_NAME: 'Workflow Warden',
  GIT_COMMITTER_EMAIL: 'workflow-warden@localhost',
};

/**
 * Keeps tracked, staged and untracked files (not ignored ones) as a commit on top of HEAD. The worktree, its index and
 * its HEAD stay as they are. Where what was staged is neither what HEAD nor what the worktree holds, it becomes the
 * commit's second parent, as in a stash.
 * @returns the ref of the checkpoint, verified; null when everything is in HEAD and HEAD is on a branch or tag
 * @throws WardenError git_failed, disk_full; then nothing may be taken for kept
 */
export async function takeCheckpoint(request: CheckpointRequest): Promise<string | null> {
  const { entry, worktreePath, repository } = request;
  return await withTemporaryIndex(entry, worktreePath, async (index) => {
    const head = await headOf(index);
    const staged = await stagedTree(index);
    const found = worktreePath === null ? (staged ?? head?.tree ?? null) : await workingTree(index, worktreePath);
    if (found === null) return null;
    const before = head?.tree ?? emptyTree(found);
    const isStagedElsewhere = staged === null || staged === found || staged === before;
    const isCommitted = head === null || (await isOnBranch(repository, entry, head.commit));
    if (found === before && isStagedElsewhere && isCommitted) return null;
    const parents = head === null ? [] : [head.commit];
    if (!isStagedElsewhere) parents.push(await commit(index, staged, parents, `${request.runId}: what was staged`));
    return await keep(request, index, found, parents);
  });
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
    arguments: [...durable, '-c', 'core.safecrlf=false', '-c', 'core.untrackedCache=false'].concat([
      'add',
      '--all',
      '--sparse',
    ]),
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

async function commit(
  index: TemporaryIndex,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  return await gitText({
    directory: index.directory,
    environment: { ...index.environment, ...identity },
    arguments: [
      ...durable,
      'commit-tree',
      tree,
      ...parents.flatMap((parent) => ['-p', parent]),
      '-m',
      `workflow-warden ${message}`,
    ],
    operation,
  });
}

async function keep(
  { repository, runId, number }: CheckpointRequest,
  index: TemporaryIndex,
  tree: string,
  parents: readonly string[],
): Promise<string> {
  const folder = `refs/warden/checkpoints/${runId}`;
  const earlier = await checkpointsIn(repository, folder);
  const same = earlier.find((one) => one.tree === tree && one.parents === parents.join(' '));
  const made = same?.commit ?? (await commit(index, tree, parents, `${runId}: checkpoint`));
  await verify(repository, made, parents[0] ?? null);
  if (same !== undefined) return same.ref;
  const ref = `${folder}/${Math.max(number, ...earlier.map((one) => one.number + 1))}`;
  const none = '0'.repeat(made.length);
  await git({
    directory: repository.gitDirectory,
    arguments: [...durable, 'update-ref', ref, made, none],
    operation,
  });
  return ref;
}

interface Kept {
  readonly ref: string;
  readonly number: number;
  readonly commit: string;
  readonly tree: string;
  /** Separated by spaces. */
  readonly parents: string;
}

async function checkpointsIn(repository: Repository, folder: string): Promise<Kept[]> {
  const listed = await gitText({
    directory: repository.gitDirectory,
    arguments: ['for-each-ref', '--format=%(refname)%00%(objectname)%00%(tree)%00%(parent)', `${folder}/`],
    operation,
  });
  return listed.split('\n').flatMap((line) => {
    const [ref, commit, tree, parents = ''] = line.split('\0');
    if (ref === undefined || commit === undefined || tree === undefined) return [];
    return [{ ref, number: Number(ref.slice(folder.length + 1)), commit, tree, parents }];
  });
}

/** Reads the commit back with every tree of it, and finds every file's object that HEAD does not hold already. */
async function verify(repository: Repository, made: string, head: string | null): Promise<void> {
  await git({
    directory: repository.gitDirectory,
    arguments: ['rev-list', '--objects', '--quiet', made, ...(head === null ? [] : ['--not', head])],
    operation: 'verify checkpoint',
  });
  await git({
    directory: repository.gitDirectory,
    arguments: ['ls-tree', '-r', '--name-only', '-z', made],
    operation: 'verify checkpoint',
  });
}
