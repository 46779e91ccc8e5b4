import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/** What git keeps in its folder for a worktree while an operation waits for its next step. */
const traces: readonly (readonly [file: string, operation: string])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
  // Between two of several commits.
  ['sequencer', 'cherry-pick'],
];

/** The git operation that is under way in a worktree, e.g. `rebase`; null when none is. */
export async function operationIn(adminDirectory: string): Promise<string | null> {
  for (const [file, operation] of traces) {
    if ((await unlessMissing(lstat(join(adminDirectory, file)))) !== null) return operation;
  }
  return null;
}
