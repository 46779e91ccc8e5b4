import { lstat } from 'node:fs/promises';
import { WardenError } from '../core/errors.ts';
import type { CheckedOut, CreateWorktree } from '../core/ports/worktrees.ts';
import type { RunId } from '../core/run-id.ts';
import { hasBranch } from './branches.ts';
import { checkpointNumbered, type StoredCheckpoint } from './checkpoints-of.ts';
import { fillFromCheckpoint } from './fill-from-checkpoint.ts';
import { askGit, git, gitFailure } from './git.ts';
import type { InTurns } from './in-turns.ts';
import { announce } from './ownership-mark.ts';
import { isExactly } from './pool.ts';
import { registerWorktree } from './register-worktree.ts';
import { holdingLock } from './repository-lock.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { forget, thenThrow } from './undo.ts';

const operation = 'create worktree';

/**
 * Two phases, since whole creations at once fail now and then, and the first of many is ready much sooner: the
 * registration under the repository's lock, then the checkout. A registration that fails is taken back; a checkout that
 * fails is left to `undo`, since the hook or the filters that it ran may go on and have to be ended first.
 * @param checkouts how many checkouts may be under way at once
 */
export async function create(request: CreateWorktree, checkouts: InTurns): Promise<void> {
  const start = await startOf(request);
  await holdingLock(request.repository, async () => await registerOrForget(request, start), request.signal);
  await checkouts(async () => await checkOut(request, start), request.signal);
}

/** What a worktree begins with. */
interface Start {
  /** That its branch begins at. */
  readonly commit: string;
  /** Null for the files of that commit. */
  readonly checkpoint: StoredCheckpoint | null;
}

async function startOf({ repository, baseCommit, checkpoint }: CreateWorktree): Promise<Start> {
  if (checkpoint === null) return { commit: baseCommit, checkpoint };
  const stored = await checkpointNumbered(repository, checkpoint.runId, checkpoint.number);
  return { commit: stored.head ?? stored.commit, checkpoint: stored };
}

async function registerOrForget(request: CreateWorktree, { commit, checkpoint }: Start): Promise<void> {
  const { repository, runId, path, branch, signal } = request;
  if ((await unlessMissing(lstat(path))) !== null) throw new WardenError('worktree_path_taken', { path });
  if (await hasBranch(repository, branch)) throw new WardenError('branch_taken', { branch });
  const mark = { runId, branch, baseCommit: commit, restored: null, isInherited: false };
  try {
    await announce(repository, mark);
  } catch (error) {
    throw systemFailure(operation, repository.gitDirectory, error);
  }
  try {
    // A few milliseconds that are not cut short: git does this by processes of its own, which would go on without it.
    signal.throwIfAborted();
    await registerWorktree(repository, mark, path, {
      isUnborn: checkpoint?.head === null,
      operation,
      environment: ofRun(runId),
    });
    signal.throwIfAborted();
  } catch (error) {
    // Under the same lock: on a full disk there might be no room for another.
    await thenThrow(operation, systemFailure(operation, path, error), forget(repository, request));
  }
}

async function checkOut({ runId, path, signal }: CreateWorktree, { commit, checkpoint }: Start): Promise<void> {
  if (checkpoint === null) {
    await git({
      directory: path,
      arguments: ['reset', '--hard', '--no-recurse-submodules'],
      operation: 'check out files',
      environment: ofRun(runId),
      signal,
      runsPrograms: true,
    });
  } else await fillFromCheckpoint(path, checkpoint, ofRun(runId), signal);
  await afterCheckout({ runId, path, baseCommit: commit, signal });
}

/** Git goes on when we die, and what it starts may never end: by the cookie whoever takes the launch back finds them all. */
function ofRun(runId: RunId): Record<string, string> {
  return { WARDEN_RUN_ID: runId };
}

/** For a worktree that was handed out: whether all is as if it had been checked out now. */
export async function isAsCreated({ runId, path, baseCommit, signal }: CheckedOut): Promise<boolean> {
  return await isExactly(path, baseCommit, ofRun(runId), signal);
}

/** The hook, as `git worktree add` runs it after its checkout, with the same arguments and consequence of a failure. */
export async function afterCheckout({ runId, path, baseCommit, signal }: CheckedOut): Promise<void> {
  const none = '0'.repeat(baseCommit.length);
  const request = {
    directory: path,
    arguments: ['hook', 'run', '--ignore-missing', 'post-checkout', '--', none, baseCommit, '1'],
    operation: 'run post-checkout hook',
    environment: ofRun(runId),
    signal,
    runsPrograms: true,
  };
  const answer = await askGit(request);
  const isUnknownToGit = /'hook' is not a git command/.test(answer.words);
  if (answer.exitCode !== 0 && !isUnknownToGit) throw await gitFailure(request, answer);
}
