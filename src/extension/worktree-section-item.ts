import { plainEnglish, type Translate } from '../core/translate.ts';
import type { HeadingText } from './item-text.ts';
import type { WorktreeSection } from './worktree-order.ts';

/** All sections of the tree: beside those of runs that have a worktree, what is kept of others, and what is no run's. */
export type TreeSection = WorktreeSection | 'kept' | 'others';

const titles: Readonly<Record<TreeSection, string>> = {
  decide: 'For You to Decide',
  removable: 'Can Be Removed',
  stays: 'Stay for Now',
  kept: 'Removed, Work Kept',
  others: 'Not of Any Run',
};

const tooltips: Readonly<Record<TreeSection, string>> = {
  decide:
    'Their runs are over and left work that is in no commit. Review it, or remove them: it is kept in a checkpoint.',
  removable: 'Their runs are over, and nothing in them would be lost.',
  stays: 'In use, to be kept, or over only lately.',
  kept: 'Their worktrees have gone; their work can be restored.',
  others: 'Made by somebody else and never touched, or prepared for runs to come.',
};

/** A section of the tree of worktrees, with how many there are in it. */
export function worktreeSectionItem(
  section: TreeSection,
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
