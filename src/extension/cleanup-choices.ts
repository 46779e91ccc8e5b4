import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import { type RemovalVerdict, verdictOf } from '../core/removal.ts';
import type { RunId } from '../core/run-id.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import { keepWords } from './keep-words.ts';
import { shortAge } from './short-age.ts';

/** One worktree in the cleanup picker. */
export interface CleanupChoice {
  readonly path: string;
  readonly runId: RunId;
  readonly repository: string;
  readonly verdict: RemovalVerdict;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

export function cleanupChoices(
  entries: readonly WorktreeEntry[],
  now: number,
  translate: Translate = plainEnglish,
): CleanupChoice[] {
  return entries.map((entry) => {
    const { worktree, run, bytes, reasons } = entry;
    const facts = [
      bytes === null ? null : describeBytes(bytes, translate),
      run === null ? null : translate('{0} old', shortAge(now - (run.endedAt ?? run.createdAt), translate)),
    ];
    return {
      path: worktree.path,
      runId: worktree.runId,
      repository: worktree.repository,
      verdict: verdictOf(reasons),
      label: worktree.path.split(/[\\/]/).at(-1) ?? worktree.path,
      description: facts.filter((fact) => fact !== null).join(' · '),
      detail:
        reasons.length === 0
          ? translate('its run is over and nothing in it would be lost')
          : keepWords(reasons, translate),
    };
  });
}
