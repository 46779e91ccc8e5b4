import { describeBytes, describeCommits, describeKeepReason, plainEnglish, type Translate } from '../core/messages.ts';
import { type KeepReason, type RemovalVerdict, verdictOf } from '../core/removal.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import type { Icon, ItemText } from './item-text.ts';
import { keepWords } from './keep-words.ts';
import { markdownText } from './markdown-text.ts';
import { worktreeSectionOf } from './worktree-order.ts';

/** What can be done with a worktree: words of its `contextValue`, which the menus ask for. */
export const worktreeWords = ['there', 'known', 'keepable', 'removable'] as const;

export type WorktreeWord = (typeof worktreeWords)[number];

/** Whether a thing can be done with a worktree now; the menus and the pickers ask the same. */
export function may(word: WorktreeWord, entry: WorktreeEntry): boolean {
  return rules[word](entry);
}

const rules: Readonly<Record<WorktreeWord, (entry: WorktreeEntry) => boolean>> = {
  there: ({ worktree }) => worktree.exists,
  known: ({ run }) => run !== null,
  keepable: ({ worktree, run }) => worktree.exists && run !== null,
  removable: ({ reasons }) => verdictOf(reasons) !== 'kept',
};

/** The name of its folder. */
export function worktreeName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

export function worktreeItem(
  entry: WorktreeEntry,
  repositoryName: string | null,
  translate: Translate = plainEnglish,
): ItemText {
  const { worktree, run, reasons } = entry;
  const size = sizeWords(entry, translate);
  const label = [run?.workflowName ?? worktreeName(worktree.path), size].filter((part) => part !== null).join(' · ');
  const facts = [
    repositoryName,
    worktree.restored === null ? null : translate('restored'),
    dirtWords(entry, translate),
    commitWords(entry, translate),
    reasons.length === 0 ? null : keepWords(agesLast(reasons), translate),
  ];
  const description = facts.filter((part) => part !== null).join(' · ');
  return {
    id: worktree.path,
    label,
    description,
    tooltip: tooltipOf(entry, translate),
    icon: iconOf(entry),
    contextValue: ['worktree', ...worktreeWords.filter((word) => may(word, entry))].join(' '),
    accessibleLabel: [label, description, verdictWords(entry, translate), worktreeName(worktree.path)].join(', '),
  };
}

function sizeWords({ bytes }: WorktreeEntry, translate: Translate): string | null {
  return bytes === null ? null : describeBytes(bytes, translate);
}

function dirtWords({ worktree, reasons }: WorktreeEntry, translate: Translate): string | null {
  if (!worktree.exists) return translate('folder is gone');
  if (worktree.dirtyFiles === null || reasons.some(({ code }) => code === 'dirty')) return null;
  return worktree.dirtyFiles === 0 ? translate('clean') : translate('{0} files not committed', worktree.dirtyFiles);
}

/** While its run is under way that goes without saying, and as a reason it is told anyway. */
function commitWords({ worktree, reasons }: WorktreeEntry, translate: Translate): string | null {
  const isTold = reasons.some(({ code }) => code === 'active' || code === 'unpushed');
  return isTold ? null : describeCommits(worktree, translate);
}

function verdictWords({ reasons }: WorktreeEntry, translate: Translate): string {
  return translate(verdictTemplates[verdictOf(reasons)]);
}

const verdictTemplates: Readonly<Record<RemovalVerdict, string>> = {
  safe: 'can be removed',
  unsafe: 'can be removed if you insist',
  kept: 'stays',
};

/** What passes by itself is told last: a row is cut off where it is too long. */
function agesLast(reasons: readonly KeepReason[]): readonly KeepReason[] {
  const isAge = ({ code }: KeepReason): boolean => code === 'too_young' || code === 'restored_lately';
  return reasons.toSorted((one, other) => Number(isAge(one)) - Number(isAge(other)));
}

/** Each with a shape of its own. */
function iconOf(entry: WorktreeEntry): Icon {
  if (entry.reasons.some(({ code }) => code === 'active')) return { id: 'play-circle', color: 'charts.blue' };
  switch (worktreeSectionOf(entry)) {
    case 'decide':
      return { id: 'edit', color: 'charts.yellow' };
    case 'removable':
      return { id: 'trash', color: 'charts.green' };
    case 'stays':
      return { id: 'folder', color: 'descriptionForeground' };
  }
}

function tooltipOf(entry: WorktreeEntry, translate: Translate): string {
  const { worktree, run, bytes, reasons } = entry;
  const rows = (
    [
      [translate('Folder'), worktree.path],
      [translate('Branch'), worktree.branch],
      [translate('Run'), run === null ? worktree.runId : `${worktree.runId} (${run.status})`],
      [translate('Disk'), bytes === null ? translate('not known') : describeBytes(bytes, translate)],
      [translate('Commits only here'), worktree.unpushed === null ? null : String(worktree.unpushed)],
      [translate('Merged'), worktree.merged ? translate('what its commits changed is on another branch') : null],
      [translate('Restored from'), worktree.restored?.checkpoint ?? null],
    ] as const
  ).map(([name, value]) => (value === null ? '' : `| ${name} | ${markdownText(value)} |`));
  const table = ['| | |', '|:--|:--|', ...rows.filter((row) => row !== '')].join('\n');
  const told = reasons.map((reason) => `- ${markdownText(describeKeepReason(reason, translate))}`).join('\n');
  return [markdownText(verdictTitle(entry, translate)), told, table].filter((part) => part !== '').join('\n\n');
}

function verdictTitle({ reasons }: WorktreeEntry, translate: Translate): string {
  switch (verdictOf(reasons)) {
    case 'safe':
      return translate('Can be removed: its run is over and nothing in it would be lost.');
    case 'unsafe':
      return translate('Goes only if you insist, after its work was kept in a checkpoint:');
    case 'kept':
      return translate('Stays in any case:');
  }
}
