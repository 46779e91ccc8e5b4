import {
  type Checkpoint,
  type CheckpointOfBranch,
  type CheckpointParts,
  readCheckpointMessage,
} from '../core/checkpoint.ts';
import { WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import { askGit, git, gitFailure, type GitRequest, gitText } from './git.ts';

export interface StoredCheckpoint extends CheckpointOfBranch, CheckpointParts {
  /** Of the worktree's files. */
  readonly tree: string;
  readonly parents: readonly string[];
}

/** A NUL after each, since a message has many lines. */
const fields = ['refname', 'objectname', 'tree', 'parent', 'committerdate:unix', 'contents'];

const operation = 'look for checkpoints';

/** The checkpoints of a run that there are, the oldest first. One whose commit is missing keeps nobody from the others. */
export async function storedCheckpoints(repository: Repository, runId: RunId): Promise<StoredCheckpoint[]> {
  const folder = `refs/warden/checkpoints/${runId}/`;
  const telling = (refs: readonly string[]): GitRequest => ({
    directory: repository.gitDirectory,
    arguments: ['for-each-ref', `--format=${fields.map((field) => `%(${field})%00`).join('')}`, ...refs],
    operation,
  });
  const answer = await askGit(telling([folder]));
  if (answer.exitCode === 0) return checkpointsIn(answer.output, folder);
  // Git gives up at the first that it cannot read.
  const readable = await readableRefs(repository, folder);
  if (readable === null) throw await gitFailure(telling([folder]), answer);
  return readable.length === 0 ? [] : checkpointsIn(await git(telling(readable)), folder);
}

/** @returns null when all are */
async function readableRefs({ gitDirectory }: Repository, folder: string): Promise<string[] | null> {
  const list = ['for-each-ref', '--format=%(objectname) %(refname)', folder];
  const listed = await gitText({ directory: gitDirectory, arguments: list, operation });
  const refs = listed.split('\n').filter((line) => line !== '');
  const told = await gitText({
    directory: gitDirectory,
    arguments: ['cat-file', '--batch-check=%(objecttype)'],
    input: Buffer.from(refs.map((line) => `${line.split(' ', 1)[0]}\n`).join('')),
    operation,
  });
  const types = told.split('\n');
  const readable = refs.filter((_, position) => types[position] === 'commit');
  return readable.length === refs.length ? null : readable.map((line) => line.slice(line.indexOf(' ') + 1));
}

function checkpointsIn(listed: Buffer, folder: string): StoredCheckpoint[] {
  const values = listed.toString('utf8').split('\0');
  const found: StoredCheckpoint[] = [];
  for (let start = 0; start + fields.length < values.length; start += fields.length) {
    const [name = '', commit = '', tree = '', parent = '', seconds = '', message = ''] = values.slice(
      start,
      start + fields.length,
    );
    const ref = name.trimStart();
    const number = Number(ref.slice(folder.length));
    if (!Number.isSafeInteger(number) || number < 1) continue;
    const parents = parent === '' ? [] : parent.split(' ');
    const told = readCheckpointMessage(message, parents);
    found.push({ ref, number, commit, tree, parents, at: Number(seconds) * 1000, ...told });
  }
  return found.sort((one, other) => one.number - other.number);
}

/** @param number the last one when null. @throws WardenError no_checkpoint */
export async function checkpointNumbered(
  repository: Repository,
  runId: RunId,
  number: number | null,
): Promise<StoredCheckpoint> {
  const there = await storedCheckpoints(repository, runId);
  const found = number === null ? there.at(-1) : there.find((one) => one.number === number);
  if (found !== undefined) return found;
  throw new WardenError('no_checkpoint', { runId, number, known: there.map((one) => one.number) });
}

export async function checkpointsOf(repository: Repository, runId: RunId): Promise<CheckpointOfBranch[]> {
  return (await storedCheckpoints(repository, runId)).map((one) => ({ ...toldOf(one), branch: one.branch }));
}

/** The same without what only restoring needs. */
export function toldOf({ ref, number, commit, why, at, files, operation }: StoredCheckpoint): Checkpoint {
  return { ref, number, commit, why, at, files, operation };
}
