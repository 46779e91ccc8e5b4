import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import { worktreeName } from './worktree-item.ts';

/** What a person is asked before a worktree is removed that may go. */
export function removalQuestion(
  { worktree, bytes }: WorktreeEntry,
  translate: Translate = plainEnglish,
): { readonly message: string; readonly detail: string } {
  const lines = [
    worktree.path,
    bytes === null ? null : translate('It takes {0} of the disk.', describeBytes(bytes, translate)),
    translate('Lost: what git ignores in it, such as built files and what was installed.'),
    translate('Kept: its commits, and in a checkpoint all else that the branch does not hold.'),
  ];
  return {
    message: translate('Remove {0}?', worktreeName(worktree.path)),
    detail: lines.filter((line) => line !== null).join('\n'),
  };
}
