import type { OtherWorktree } from '../core/ports/worktrees.ts';
import { describeOther, plainEnglish, type Translate } from '../core/messages.ts';
import type { ItemText } from './item-text.ts';
import { markdownText } from './markdown-text.ts';

/** A worktree that is no run's: it is shown, and nothing can be done to it here. */
export function otherWorktreeItem(
  { path, branch, kind }: OtherWorktree,
  repositoryName: string | null,
  translate: Translate = plainEnglish,
): ItemText {
  const label = path.split(/[\\/]/).at(-1) ?? path;
  const description = [repositoryName, branch, describeOther(kind, translate)]
    .filter((part) => part !== null)
    .join(' · ');
  return {
    id: `other ${path}`,
    label,
    description,
    tooltip: [markdownText(describeOther(kind, translate)), markdownText(path)].join('\n\n'),
    icon: { id: kind === 'foreign' ? 'lock' : 'watch', color: 'descriptionForeground' },
    contextValue: 'other',
    accessibleLabel: `${label}, ${description}`,
  };
}
