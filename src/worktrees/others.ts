import type { OtherWorktree, Repository } from '../core/ports/worktrees.ts';
import { adminEntries } from './admin-entries.ts';
import { systemFailure } from './system-failure.ts';

const branches = 'refs/heads/';

/** The worktrees of a repository that are no run's. What is only half made is nobody's yet, and not among them. */
export async function others(repository: Repository): Promise<OtherWorktree[]> {
  try {
    return (await adminEntries(repository)).flatMap(({ path, mark, pool, lockReason, headRef }): OtherWorktree[] => {
      if (mark !== null || path === null || lockReason === 'initializing') return [];
      const branch = headRef?.startsWith(branches) === true ? headRef.slice(branches.length) : null;
      return [{ path, branch, kind: pool === null ? 'foreign' : 'prepared' }];
    });
  } catch (error) {
    throw systemFailure('list worktrees', repository.path, error);
  }
}
