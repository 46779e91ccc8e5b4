import type { KeepReason, WorktreeFacts } from '../../../src/core/removal.ts';
import type { WorktreeEntry } from '../../../src/supervisor/cleanup.ts';
import { runId } from '../core/a-process.ts';
import { aRun, killedAt } from '../core/a-run.ts';

/** A worktree of a run that is over. */
export const worktreeEntry = (
  reasons: readonly KeepReason[],
  facts: Partial<WorktreeFacts> & { readonly bytes?: number } = {},
): WorktreeEntry => ({
  worktree: {
    path: '/home/dev/shop.worktrees/builder-010203040506',
    runId,
    repository: '/home/dev/shop',
    branch: 'warden/builder/010203040506',
    head: 'c0ffee',
    exists: true,
    lock: null,
    dirtyFiles: 0,
    unpushed: 0,
    merged: false,
    bytes: null,
    operation: null,
    restored: null,
    ...facts,
  },
  run: aRun({ status: 'completed', endedAt: killedAt }),
  bytes: facts.bytes ?? 1500,
  reasons,
});
