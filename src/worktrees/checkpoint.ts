import type { CheckpointContents, CheckpointReason } from '../core/checkpoint.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import type { AdminEntry } from './admin-entries.ts';
import { isKept } from './branches.ts';
import { commitTree, type Kept, keepTree, requireWhole } from './checkpoint-commit.ts';
import { storedCheckpoints } from './checkpoints-of.ts';
import { convertedFiles } from './converted-files.ts';
import { askGit, git, gitFailure, nulSeparated } from './git.ts';
import { ignoredPaths } from './ignored-paths.ts';
import { keepState, readKeptState } from './kept-state.ts';
import { leftCommits } from './left-commits.ts';
import { foldersWithGit, type Unkept, unkeptRepositories } from './nested-repositories.ts';
import { isMergedOtherwise } from './merged.ts';
import { operationIn } from './operation.ts';
import { stagedState } from './staged-state.ts';
import { lookAtEveryFile, type TemporaryIndex, withTemporaryIndex } from './temporary-index.ts';
import { type WorkingTree, workingTree } from './working-tree.ts';

const operation = 'keep work';

export interface CheckpointRequest {
  readonly repository: Repository;
  readonly entry: AdminEntry;
  readonly runId: RunId;
  readonly why: CheckpointReason;
  /** The worktree's folder; null when it has gone and only git's own records of it are left. */
  readonly worktreePath: string | null;
  /** Of whatever git starts, besides what it has anyway. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Work that has been kept, and the copy verified. */
export interface KeptWork {
  /** The ref of the checkpoint; null when everything is in HEAD, and HEAD is on a branch or tag. */
  readonly checkpoint: string | null;
  /** What is inside and was not kept: repositories whose work is nowhere else, worktrees of others. */
  readonly unkept: readonly Unkept[];
  /** Whether the worktree's files are still what was kept. Costs no reading of those that were not touched. */
  isUpToDate(): Promise<boolean>;
  /**
   * Reads back all that a restored worktree would be made of, also what HEAD had before, and finds every object of it.
   * Somebody may have deleted the ref meanwhile, or git what nothing named yet (`gc.pruneExpire=now`).
   * @throws WardenError git_failed
   */
  requireWhole(): Promise<void>;
}

/**
 * Keeps tracked, staged and untracked files (not ignored ones) as a commit on top of HEAD. The worktree, its index and
 * its HEAD stay as they are. What was staged, where HEAD does not hold it, is a further parent, as in a stash, and so is
 * what no tree can hold, see keepState.
 * @param task what is only done once the work is safe
 * @throws WardenError git_failed, disk_full; then nothing may be taken for kept, and the task was not begun
 */
export async function keepingWork<Result>(
  request: CheckpointRequest,
  task: (work: KeptWork) => Promise<Result>,
): Promise<Result> {
  const keep = async (index: TemporaryIndex): Promise<Result> => {
    const kept = await keptIn(request, index);
    return await task({
      ...kept,
      isUpToDate: async () => request.worktreePath === null || (await isAsIndexed(index)),
      requireWhole: async () => await requireWhole(request.repository, kept),
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

async function keptIn(
  request: CheckpointRequest,
  index: TemporaryIndex,
): Promise<Pick<KeptWork, 'checkpoint' | 'unkept'> & Kept> {
  const { entry, worktreePath, repository, runId, why } = request;
  const head = await headOf(index);
  if (worktreePath !== null) await lookAtEveryFile(index);
  const staged = await stagedState(index);
  const left = await leftCommits(index, entry.directory, head?.commit ?? null);
  const looking = worktreePath !== null && why === 'removal' ? foldersWithGit(worktreePath) : Promise.resolve(null);
  // Git is waited for whatever that says: it writes into the copy of the index.
  looking.catch(() => undefined);
  const working = worktreePath === null ? null : await workingTree(index);
  const below = await looking;
  const found = working === null ? (staged.tree ?? head?.tree ?? null) : working.tree;
  const unkept = await unkeptIn(request, working, below);
  if (found === null) return { checkpoint: null, unkept, head: null };
  const before = head?.tree ?? emptyTree(found);
  const changed = found === before ? [] : await namesBetween(index, before, found);
  // Once the folder has gone those of the last one are its files still.
  const converted =
    working === null
      ? await convertedInLast(repository, runId)
      : await convertedFiles(index, new Set([...staged.touched, ...changed]));
  const stateTitle = `workflow-warden ${runId}: state of the worktree`;
  const state = await keepState(index, entry.directory, staged, { left, converted }, stateTitle);
  const isStaged = staged.tree !== null && staged.tree !== before;
  const isCommitted =
    head === null || (!isToBeGoneOnWith(request, head.commit) && (await staysOnBranch(request, head.commit)));
  if (found === before && !isStaged && !state.isWork && isCommitted) {
    return { checkpoint: null, unkept, head: head?.commit ?? null };
  }
  const title = `workflow-warden ${runId}: what was staged`;
  const onHead = head === null ? [] : [head.commit];
  const parts = {
    head: head?.commit ?? null,
    staged:
      staged.tree !== null && isStaged ? await commitTree(index, staged.tree, onHead, title, 'same each time') : null,
    state: state.commit,
  };
  const contents = async (): Promise<CheckpointContents> => ({
    ...parts,
    runId,
    why,
    branch: entry.headRef,
    operation: await operationIn(entry.directory),
    files: changed.length,
    ignored: worktreePath === null ? [] : await ignoredPaths(index),
    nested: unkept.map(({ path }) => path),
    left,
  });
  return {
    checkpoint: await keepTree(
      repository,
      runId,
      index,
      { ...parts, tree: found, isWhole: worktreePath !== null },
      contents,
    ),
    unkept,
    head: parts.head,
  };
}

async function convertedInLast(repository: Repository, runId: RunId): Promise<readonly string[]> {
  const state = (await storedCheckpoints(repository, runId)).at(-1)?.state ?? null;
  return state === null ? [] : (await readKeptState(repository.gitDirectory, state)).converted;
}

async function unkeptIn(
  { entry, worktreePath, environment }: CheckpointRequest,
  working: WorkingTree | null,
  below: readonly string[] | null,
): Promise<Unkept[]> {
  const nested = await unkeptRepositories({
    worktreePath,
    adminDirectory: entry.directory,
    tree: working?.tree ?? null,
    below,
    environment,
  });
  if (below !== null || working === null) return nested;
  return [...working.withoutCommit.map((path): Unkept => ({ path, kind: 'files' })), ...nested];
}

/** A byte per character. */
async function namesBetween(index: TemporaryIndex, before: string, after: string): Promise<string[]> {
  // The tree without entries need not be in the repository.
  const [command, ...trees] = before === emptyTree(before) ? ['ls-tree', after] : ['diff-tree', before, after];
  const parameters = [command, '-r', '--name-only', '-z', ...trees];
  return nulSeparated(await git({ ...index, arguments: parameters, operation }), 'latin1');
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

/** A restart goes on with the last checkpoint, so that must be of what the run has committed, too. */
function isToBeGoneOnWith({ entry, why }: CheckpointRequest, head: string): boolean {
  return why === 'restart' && head !== entry.mark?.baseCommit;
}

/**
 * The branch that a worktree is on stays unless its commits are elsewhere too, or the worktree goes and a main branch has
 * what they changed; a detached HEAD stays nowhere.
 */
async function staysOnBranch({ repository, entry, why }: CheckpointRequest, head: string): Promise<boolean> {
  const { headRef, mark } = entry;
  if (headRef?.startsWith('refs/heads/') !== true) return await isKept(repository, head);
  const mayGo = why === 'removal' && mark !== null && headRef === `refs/heads/${mark.branch}`;
  if (!mayGo || head === mark.baseCommit || (await isKept(repository, head, mark.branch))) return true;
  return !(await isMergedOtherwise(repository, head));
}
