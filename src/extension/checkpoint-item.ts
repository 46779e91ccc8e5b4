import type { Checkpoint, CheckpointReason } from '../core/checkpoint.ts';
import { plainEnglish, type Translate } from '../core/messages.ts';
import { shortAge } from './short-age.ts';

export interface CheckpointItem {
  readonly number: number;
  readonly label: string;
  readonly description: string;
}

/** A checkpoint in a picker. */
export function checkpointItem(
  { number, why, at, files, operation }: Checkpoint,
  now: number,
  translate: Translate = plainEnglish,
): CheckpointItem {
  const facts = [
    why === null ? null : translate(reasonTemplates[why]),
    files === null ? null : translate('{0} files changed', files),
    operation === null ? null : translate('in the middle of a {0}', operation),
  ];
  return {
    number,
    label: translate('Checkpoint {0}, {1} ago', number, shortAge(now - at, translate)),
    description: facts.filter((fact) => fact !== null).join(' · '),
  };
}

const reasonTemplates: Readonly<Record<CheckpointReason, string>> = {
  kill: 'after a kill',
  removal: 'before the worktree was removed',
  by_hand: 'by hand',
  interval: 'at regular intervals',
  restart: 'before a restart',
};
