import type { Repository } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import type { AdminEntry } from './admin-entries.ts';
import { git, gitText } from './git.ts';
import type { TemporaryIndex } from './temporary-index.ts';

export interface CheckpointRequest {
  readonly repository: Repository;
  readonly entry: AdminEntry;
  readonly runId: RunId;
  /** The worktree's folder; null when it has gone and only git's own records of it are left. */
  readonly worktreePath: string | null;
  /** Of whatever git starts, besides what it has anyway. */
  readonly environment?: Readonly<Record<string, string>>;
}

const operation = 'keep work';

/** Written to the disk, not only to its cache, since what they were made from may go next. */
export const durable = ['-c', 'core.fsync=loose-object,reference', '-c', 'core.fsyncMethod=batch'];

/** Nobody's: a checkpoint must not need `user.name`, nor pass for a commit of a person. */
const identity = {
  GIT_AUTHOR_NAME: 'Workflow Warden',
  GIT_AUTHOR_EMAIL: 'workflow-warden@localhost',
  GIT_COMMITTER_NAME: 'Workflow Warden',
  GIT_COMMITTER_EMAIL: 'workflow-warden@localhost',
};

/** A commit that no branch knows of yet. */
export async function commitTree(
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

/**
 * Commits the tree, verifies the commit and gives it a ref of the run's; the same work is not kept twice.
 * @returns the ref
 */
export async function keepTree(
  { repository, runId }: CheckpointRequest,
  index: TemporaryIndex,
  tree: string,
  parents: readonly string[],
): Promise<string> {
  const folder = `refs/warden/checkpoints/${runId}`;
  const earlier = await checkpointsIn(repository, folder);
  const same = earlier.find((one) => one.tree === tree && one.parents === parents.join(' '));
  const made = same?.commit ?? (await commitTree(index, tree, parents, `${runId}: checkpoint`));
  await verify(repository, made, parents[0] ?? null);
  if (same !== undefined) return same.ref;
  // A number that is taken is never given to other work.
  const ref = `${folder}/${Math.max(0, ...earlier.map((one) => one.number)) + 1}`;
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

/** Reads the commit back with every tree that HEAD does not have, and looks up the object of every file in those. */
async function verify(repository: Repository, made: string, head: string | null): Promise<void> {
  await git({
    directory: repository.gitDirectory,
    arguments: ['rev-list', '--objects', '--quiet', made, ...(head === null ? [] : ['--not', head])],
    operation: 'verify checkpoint',
  });
}
