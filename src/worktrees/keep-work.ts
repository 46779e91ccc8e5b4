import type { CheckpointReason } from '../core/checkpoint.ts';
import { checkpointCookie } from '../core/checkpoint-cookie.ts';
import { WardenError } from '../core/errors.ts';
import type { RunId } from '../core/run-id.ts';
import { adminDirectoryOf, adminEntries, isWorktreeOf } from './admin-entries.ts';
import { keepingWork } from './checkpoint.ts';
import { mayHideFiles } from './hidden-files.ts';
import { repositoryOf } from './repository.ts';
import { statusOf } from './status.ts';
import { systemFailure } from './system-failure.ts';

/**
 * A verified checkpoint of a worktree that stays: see keepingWork.
 * @returns its ref; null when there is nothing that the branch does not hold
 * @throws WardenError git_failed, disk_full, not_a_repository
 */
export async function keepWork({
  path,
  runId,
  why,
}: {
  readonly path: string;
  readonly runId: RunId;
  readonly why: CheckpointReason;
}): Promise<string | null> {
  const environment = { WARDEN_RUN_ID: checkpointCookie(runId) };
  try {
    // Mostly there is nothing: one git tells it, where a checkpoint takes eight.
    const status = await statusOf(path, environment);
    const admin = await adminDirectoryOf(path);
    // A restart needs what is committed, too.
    const isAllTold = why !== 'restart' && admin !== null && !(await mayHideFiles(admin));
    if (status !== null && status.dirtyFiles === 0 && status.branch !== null && isAllTold) return null;
    const repository = await repositoryOf(path, environment);
    const entry = (await adminEntries(repository)).find((one) => one.mark?.runId === runId && one.directory === admin);
    if (entry === undefined || !(await isWorktreeOf(entry))) {
      throw new WardenError('git_failed', {
        operation: 'keep work',
        detail: `${path} is not the worktree of ${runId}`,
      });
    }
    return await keepingWork({ repository, entry, runId, why, worktreePath: path, environment }, (work) =>
      Promise.resolve(work.checkpoint),
    );
  } catch (error) {
    throw systemFailure('keep work', path, error);
  }
}
