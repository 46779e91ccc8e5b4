import { plainEnglish, type Translate } from '../core/messages.ts';
import type { KeptWork } from '../supervisor/kept-work.ts';
import { checkpointItem } from './checkpoint-item.ts';
import type { ItemText } from './item-text.ts';
import { markdownText } from './markdown-text.ts';
import { shortAge } from './short-age.ts';

/** A run whose worktree has gone and whose work is in checkpoints. */
export function keptItem(
  { run, checkpoints }: KeptWork,
  repositoryName: string | null,
  now: number,
  translate: Translate = plainEnglish,
): ItemText {
  const age = shortAge(now - (run.endedAt ?? run.createdAt), translate);
  const label = translate('{0} · {1}', run.workflowName, age);
  const count = checkpoints.length;
  const words = count === 1 ? translate('one checkpoint') : translate('{0} checkpoints', count);
  const description = [repositoryName, words].filter((part) => part !== null).join(' · ');
  const lines = checkpoints.toReversed().map((checkpoint) => {
    const item = checkpointItem(checkpoint, now, translate);
    return `- ${markdownText(`${item.label}: ${item.description}`)}`;
  });
  return {
    id: `kept ${run.runId}`,
    label,
    description,
    tooltip: [markdownText(`${run.runId} (${run.status})`), lines.join('\n')].join('\n\n'),
    icon: { id: 'archive', color: 'descriptionForeground' },
    contextValue: 'kept known',
    accessibleLabel: translate('{0}, {1} ago, {2}', run.workflowName, age, description),
  };
}
