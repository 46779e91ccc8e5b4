import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import type { Icon, ItemText } from './item-text.ts';
import { keepWords } from './keep-words.ts';
import { markdownText } from './markdown-text.ts';

export function worktreeItem(
  entry: WorktreeEntry,
  repositoryName: string | null,
  translate: Translate = plainEnglish,
): ItemText {
  const { worktree } = entry;
  const label = worktree.path.split(/[\\/]/).at(-1) ?? worktree.path;
  const verdict = verdictWords(entry, translate);
  const facts = [repositoryName, sizeWords(entry, translate), dirtWords(entry, translate), verdict];
  const description = facts.filter((part) => part !== null).join(' · ');
  return {
    id: worktree.path,
    label,
    description,
    tooltip: tooltipOf(entry, verdict, translate),
    icon: iconOf(entry),
    contextValue: ['worktree', ...(worktree.exists ? ['there'] : []), ...(entry.run === null ? [] : ['known'])].join(
      ' ',
    ),
    accessibleLabel: `${label}, ${description}`,
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

function verdictWords({ reasons }: WorktreeEntry, translate: Translate): string {
  if (reasons.length === 0) return translate('can be removed');
  return translate('kept: {0}', keepWords(reasons, translate));
}

function iconOf({ reasons }: WorktreeEntry): Icon {
  if (reasons.length === 0) return { id: 'trash', color: 'charts.green' };
  return reasons.some(({ code }) => code === 'active')
    ? { id: 'play-circle', color: 'charts.blue' }
    : { id: 'folder', color: 'descriptionForeground' };
}

function tooltipOf({ worktree, run }: WorktreeEntry, verdict: string, translate: Translate): string {
  const rows = (
    [
      [translate('Folder'), worktree.path],
      [translate('Branch'), worktree.branch],
      [translate('Run'), run === null ? worktree.runId : `${worktree.runId} (${run.status})`],
    ] as const
  ).map(([name, value]) => (value === null ? '' : `| ${name} | ${markdownText(value)} |`));
  const table = ['| | |', '|:--|:--|', ...rows.filter((row) => row !== '')].join('\n');
  return [markdownText(verdict), table].join('\n\n');
}
