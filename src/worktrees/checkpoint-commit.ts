import { type CheckpointContents, checkpointMessage, type CheckpointParts } from '../core/checkpoint.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import { type StoredCheckpoint, storedCheckpoints } from './checkpoints-of.ts';
import { askGit, git, gitFailure, gitText } from './git.ts';
import { durable, type TemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/** Nobody's: a checkpoint must not need `user.name`, nor pass for a commit of a person. */
const identity = {
  GIT_AUTHOR_NAME: 'Workflow Warden',
  GIT_AUTHOR_EMAIL: 'workflow-warden@localhost',
  GIT_COMMITTER_NAME: 'Workflow Warden',
  GIT_COMMITTER_EMAIL: 'workflow-warden@localhost',
};

/** Of a part of a checkpoint: the same part has the same name whenever it is made, so that it is told for the same. */
const always = { GIT_AUTHOR_DATE: '@0 +0000', GIT_COMMITTER_DATE: '@0 +0000' };

/** A commit that no branch knows of yet. */
export async function commitTree(
  index: TemporaryIndex,
  tree: string,
  parents: readonly string[],
  message: string,
  dated: 'now' | 'same each time',
): Promise<string> {
  return await gitText({
    directory: index.directory,
    environment: { ...index.environment, ...identity, ...(dated === 'now' ? {} : always) },
    arguments: [...durable, 'commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'],
    input: Buffer.from(message),
    operation,
  });
}

/** What a checkpoint keeps. */
export interface KeptParts extends CheckpointParts {
  readonly tree: string;
  /** False where the folder has gone: what was taken of the same state while it was there holds its files too. */
  readonly isWhole: boolean;
}

/**
 * Commits the tree, verifies the commit and gives it a ref of the run's; what the last one keeps is not kept twice.
 * @param contents asked for only where there is something new to keep
 * @returns the ref
 */
export async function keepTree(
  repository: Repository,
  runId: RunId,
  index: TemporaryIndex,
  { tree, isWhole, ...parts }: KeptParts,
  contents: () => Promise<CheckpointContents>,
): Promise<string> {
  for (let number = 1; ;) {
    const kept = await keepOnce(repository, runId, index, { tree, isWhole, ...parts }, contents, number);
    if (typeof kept === 'string') return kept;
    number = kept + 1;
  }
}

/**
 * @param least its number at least
 * @returns the number when that is taken: somebody else was faster, or the commit of one that there was is missing
 */
async function keepOnce(
  repository: Repository,
  runId: RunId,
  index: TemporaryIndex,
  { tree, isWhole, ...parts }: KeptParts,
  contents: () => Promise<CheckpointContents>,
  least: number,
): Promise<string | number> {
  const parents = [parts.head, parts.staged, parts.state].filter((commit) => commit !== null);
  const earlier = await storedCheckpoints(repository, runId);
  const last = earlier.at(-1);
  const same = last !== undefined && isSame(last, isWhole ? tree : last.tree, parents) ? last : undefined;
  const made = same?.commit ?? (await commitTree(index, tree, parents, checkpointMessage(await contents()), 'now'));
  await verify(repository, made, parts.head);
  if (same !== undefined) return same.ref;
  // A number that is taken is never given to other work.
  const number = Math.max(least, (last?.number ?? 0) + 1);
  const ref = `refs/warden/checkpoints/${runId}/${number}`;
  const none = '0'.repeat(made.length);
  const keeping = {
    directory: repository.gitDirectory,
    arguments: [...durable, 'update-ref', ref, made, none],
    operation,
  };
  const answer = await askGit(keeping);
  if (answer.exitCode === 0) return ref;
  const taken = ['rev-parse', '--verify', '--quiet', ref];
  const { exitCode } = await askGit({ directory: repository.gitDirectory, arguments: taken, operation });
  if (exitCode === 0) return number;
  throw await gitFailure(keeping, answer);
}

function isSame(one: StoredCheckpoint, tree: string, parents: readonly string[]): boolean {
  return one.tree === tree && one.parents.join(' ') === parents.join(' ');
}

/** Where work is. */
export interface Kept {
  /** The ref of the checkpoint; null when everything is in HEAD. */
  readonly checkpoint: string | null;
  /** Null before the first commit. */
  readonly head: string | null;
}

/**
 * Looks up every object of what is kept, those of HEAD too: of a file that was not changed the worktree may hold the only
 * copy. What a partial clone can fetch again counts as there.
 * @throws WardenError git_failed
 */
export async function requireWhole(repository: Repository, { checkpoint, head }: Kept): Promise<void> {
  const tip = checkpoint ?? head;
  if (tip === null) return;
  const look = async (...revisions: string[]): Promise<Buffer> =>
    await git({
      directory: repository.gitDirectory,
      arguments: ['rev-list', '--objects', '--quiet', '--missing=allow-promisor', ...revisions, '--'],
      operation: 'verify what is kept',
    });
  await look('--no-walk', tip);
  // Its other parents, with all that they alone hold.
  if (checkpoint !== null) await look(checkpoint, ...(head === null ? [] : ['--not', head]));
}

/** Reads the commit back with every tree that HEAD does not have, and looks up the object of every file in those. */
async function verify(repository: Repository, made: string, head: string | null): Promise<void> {
  await git({
    directory: repository.gitDirectory,
    arguments: ['rev-list', '--objects', '--quiet', made, ...(head === null ? [] : ['--not', head])],
    operation: 'verify checkpoint',
  });
}
