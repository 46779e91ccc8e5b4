import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { HandOver, Repository } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import { adminEntries, isWorktreeOf } from './admin-entries.ts';
import { rewriteMark } from './ownership-mark.ts';
import { holdingLock } from './repository-lock.ts';
import { systemFailure } from './system-failure.ts';

const operation = 'hand over worktree';

/**
 * Makes the worktree of one run another's: its mark, then its lock. Done again after a crash between the two, or once it
 * is done already, it comes to the same.
 * @throws WardenError git_failed when it is neither's, or somebody else locked it
 */
export async function handOver(repository: Repository, { path, from, to }: HandOver): Promise<void> {
  const refusal = (detail: string): WardenError => new WardenError('git_failed', { operation, detail });
  try {
    await holdingLock(repository, async () => {
      const entry = (await adminEntries(repository)).find((one) => one.path === path);
      const mark = entry?.mark ?? null;
      if (entry === undefined || mark === null || (mark.runId !== from && mark.runId !== to)) {
        throw refusal(`${path} is not the worktree of ${from} any more`);
      }
      const { lockReason: reason, directory } = entry;
      if (reason !== null && reason !== lockReason(from) && reason !== lockReason(to)) {
        throw refusal(`${path} is locked: ${reason}`);
      }
      if (!(await isWorktreeOf(entry))) throw refusal(`${path} does not lead back to the worktree that git has there`);
      await rewriteMark(directory, { ...mark, runId: to, isInherited: true });
      if (reason === null) return;
      const lock = join(directory, 'locked');
      await writeFile(`${lock}.new`, `${lockReason(to)}\n`);
      await rename(`${lock}.new`, lock);
    });
  } catch (error) {
    throw systemFailure(operation, path, error);
  }
}
