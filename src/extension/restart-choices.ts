import type { Checkpoint } from '../core/checkpoint.ts';
import { plainEnglish, type Translate } from '../core/messages.ts';
import type { Run } from '../core/run.ts';
import type { RestartOptions } from '../supervisor/restart.ts';

export interface RestartChoice {
  readonly label: string;
  readonly detail: string;
  readonly resume: RestartOptions['resume'];
}

/**
 * How a run can be started again; one choice where there is no work of the old one to go on with.
 * @param changedFiles in its worktree since its base; 0 where that has gone
 */
export function restartChoices(
  run: Pick<Run, 'worktree'>,
  changedFiles: number,
  checkpoints: readonly Checkpoint[],
  translate: Translate = plainEnglish,
): readonly RestartChoice[] {
  const choices: RestartChoice[] = [
    {
      label: translate('Begin Anew'),
      detail: translate('In a new worktree, from where it began. The old worktree stays.'),
      resume: undefined,
    },
  ];
  if (run.worktree !== null && changedFiles > 0) {
    choices.push({
      label: translate('Go On in the Same Worktree'),
      detail: translate('With the {0} files that were changed in it.', changedFiles),
      resume: 'worktree',
    });
  }
  if ((run.worktree !== null && changedFiles > 0) || checkpoints.length > 0) {
    choices.push({
      label: translate('Go On in a New Worktree'),
      detail: translate('With a copy of the work as it was kept last. The old worktree stays.'),
      resume: { checkpoint: null },
    });
  }
  return choices;
}
