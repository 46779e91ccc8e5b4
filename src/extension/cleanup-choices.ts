import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import type { KeepReason } from '../core/removal.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import { keepWords } from './keep-words.ts';
import { shortAge } from './short-age.ts';

/** One worktree in the cleanup picker. */
export interface CleanupChoice {
  readonly path: string;
  readonly repository: string;
  /** `unsafe`: it goes only if somebody insists; `kept`: it stays whatever anybody says. */
  readonly verdict: 'safe' | 'unsafe' | 'kept';
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Reasons that a person may set aside; the work is kept in a checkpoint first. */
const negotiable: ReadonlySet<KeepReason['code']> = new Set(['dirty', 'too_young', 'restored_lately', 'operation']);

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
      repository: worktree.repository,
      verdict: verdictOf(entry),
      label: worktree.path.split(/[\\/]/).at(-1) ?? worktree.path,
      description: facts.filter((fact) => fact !== null).join(' · '),
      detail:
        reasons.length === 0
          ? translate('its run is over and nothing in it would be lost')
          : keepWords(reasons, translate),
    };
  });
}

function verdictOf({ reasons }: WorktreeEntry): CleanupChoice['verdict'] {
  if (reasons.length === 0) return 'safe';
  return reasons.every(({ code }) => negotiable.has(code)) ? 'unsafe' : 'kept';
}
