import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { CreateWorktree } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import type { RunId } from '../core/run-id.ts';
import { adminDirectoryOf } from './admin-entries.ts';
import { hasBranch } from './branches.ts';
import { askGit, git, gitFailure } from './git.ts';
import type { InTurns } from './in-turns.ts';
import { announce, markWorktree } from './ownership-mark.ts';
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
  await holdingLock(request.repository, async () => await registerOrForget(request), request.signal);
  await checkouts(async () => await checkOut(request), request.signal);
}

async function registerOrForget(request: CreateWorktree): Promise<void> {
  const { repository, runId, path, branch, baseCommit } = request;
  if ((await unlessMissing(lstat(path))) !== null) throw new WardenError('worktree_path_taken', { path });
  if (await hasBranch(repository, branch)) throw new WardenError('branch_taken', { branch });
  try {
    await announce(repository, { runId, branch, baseCommit, restored: null });
  } catch (error) {
    throw systemFailure(operation, repository.gitDirectory, error);
  }
  try {
    await register(request);
  } catch (error) {
    // Under the same lock: on a full disk there might be no room for another.
    await thenThrow(operation, systemFailure(operation, path, error), forget(repository, request));
  }
}

async function register(request: CreateWorktree): Promise<void> {
  const { repository, runId, path, branch, baseCommit, signal } = request;
  await mkdir(dirname(path), { recursive: true });
  // From its first moment and with the run's name, so that it is known for ours even if git is killed half-way.
  const lock = ['--lock', '--reason', lockReason(runId)];
  const registration = {
    directory: repository.path,
    arguments: ['worktree', 'add', '--no-checkout', '--no-track', ...lock, '-b', branch, '--', path, baseCommit],
    operation,
    environment: ofRun(runId),
  };
  // A few milliseconds that are not cut short: git does this by processes of its own, which would go on without it.
  signal.throwIfAborted();
  const answer = await askGit(registration);
  if (answer.exitCode !== 0) {
    if (/is a missing but (already registered|locked) worktree/.test(answer.words)) {
      throw new WardenError('worktree_path_taken', { path });
    }
    throw await gitFailure(registration, answer);
  }
  const adminDirectory = await adminDirectoryOf(path);
  if (adminDirectory === null) {
    throw new WardenError('git_failed', { operation, detail: `git made no worktree in ${path}` });
  }
  await markWorktree(repository, { runId, branch }, adminDirectory);
  signal.throwIfAborted();
}

async function checkOut({ runId, path, baseCommit, signal }: CreateWorktree): Promise<void> {
  await git({
    directory: path,
    arguments: ['reset', '--hard', '--no-recurse-submodules'],
    operation: 'check out files',
    environment: ofRun(runId),
    signal,
    runsPrograms: true,
  });
  await runPostCheckoutHook(runId, path, baseCommit, signal);
}

/** Git goes on when we die, and what it starts may never end: by the cookie whoever takes the launch back finds them all. */
function ofRun(runId: RunId): Record<string, string> {
  return { WARDEN_RUN_ID: runId };
}

/** As `git worktree add` does after its checkout, with the same arguments and the same consequence of a failure. */
async function runPostCheckoutHook(runId: RunId, path: string, commit: string, signal: AbortSignal): Promise<void> {
  const none = '0'.repeat(commit.length);
  const request = {
    directory: path,
    arguments: ['hook', 'run', '--ignore-missing', 'post-checkout', '--', none, commit, '1'],
    operation: 'run post-checkout hook',
    environment: ofRun(runId),
    signal,
    runsPrograms: true,
  };
  const answer = await askGit(request);
  const isUnknownToGit = /'hook' is not a git command/.test(answer.words);
  if (answer.exitCode !== 0 && !isUnknownToGit) throw await gitFailure(request, answer);
}
