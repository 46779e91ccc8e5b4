import { plainEnglish, type Translate } from '../core/translate.ts';
import type { HeadingText } from './item-text.ts';
import type { WorktreeSection } from './worktree-order.ts';

const titles: Readonly<Record<WorktreeSection | 'kept', string>> = {
  decide: 'For You to Decide',
  removable: 'Can Be Removed',
  stays: 'Stay for Now',
  kept: 'Removed, Work Kept',
};

const tooltips: Readonly<Record<WorktreeSection | 'kept', string>> = {
  decide:
    'Their runs are over and left work that is in no commit. Review it, or remove them: it is kept in a checkpoint.',
  removable: 'Their runs are over, and nothing in them would be lost.',
  stays: 'In use, to be kept, or over only lately.',
  kept: 'Their worktrees have gone; their work can be restored.',
};

/** A section of the tree of worktrees, with how many there are in it. */
export function worktreeSectionItem(
  section: WorktreeSection | 'kept',
  count: number,
  translate: Translate = plainEnglish,
): HeadingText {
  const title = translate(titles[section]);
  return {
    id: `section ${section}`,
    label: title,
    description: String(count),
    tooltip: translate(tooltips[section]),
    contextValue: 'section',
    accessibleLabel: translate('{0}, {1}', title, count),
  };
}
