import type { Alert, AlertFacts, Orphan } from './alerts.ts';
import { cleanupHistoryDays, killHistoryDays, slowCleanupMilliseconds } from './alerts.ts';
import { describeBytes, describeDuration, hundredths } from './quantities.ts';
import type { Translate } from './translate.ts';

/** More processes are counted, not named. */
const namedAtMost = 3;

/** What a person should know about the whole, in one sentence without its end. */
export function describeAlert(alert: Alert, translate: Translate): string {
  switch (alert.code) {
    case 'orphans':
      return orphanWords(alert.orphans, translate);
    case 'failed_kills':
      return translate(
        '{0} of {1} kills in the last {2} days left survivors: {3} %, limit {4} %',
        alert.failed,
        alert.kills,
        killHistoryDays,
        hundredths((alert.failed / alert.kills) * 100),
        alert.limitPercent,
      );
    case 'slow_cleanups': {
      const slowest = describeDuration(Math.round(alert.slowestMilliseconds / 1000) * 1000, translate);
      const limit = describeDuration(slowCleanupMilliseconds, translate);
      const span = describeDuration(cleanupHistoryDays * 86_400_000, translate);
      return alert.count === 1
        ? translate('within {0} the removal of a worktree took {1}; limit {2}', span, slowest, limit)
        : translate(
            'within {0} {1} removals of worktrees took up to {2}; limit {3}',
            span,
            alert.count,
            slowest,
            limit,
          );
    }
    case 'over_budget': {
      const bytes = describeBytes(alert.bytes, translate);
      const budget = describeBytes(alert.budgetBytes, translate);
      return alert.repository === null
        ? translate('the worktrees of all repositories take {0} of the disk; budget {1}', bytes, budget)
        : translate('the worktrees of {0} take {1} of the disk; budget {2}', alert.repository, bytes, budget);
    }
    case 'not_known':
      return translate(notKnownTemplates[alert.about], alert.detail);
  }
}

const notKnownTemplates: Readonly<Record<keyof AlertFacts, string>> = {
  orphans: 'whether processes outlive their runs is not known: {0}',
  history: 'how kills and cleanups went is not known: {0}',
  budgets: 'whether worktrees are within their budget is not known: {0}',
};

function orphanWords(orphans: readonly Orphan[], translate: Translate): string {
  const named = orphans
    .slice(0, namedAtMost)
    .map(({ pid, name, runId }) => translate('pid {0} ({1}) of {2}', pid, name, runId))
    .join(', ');
  const more = orphans.length > namedAtMost ? `${named}, …` : named;
  return orphans.length === 1
    ? translate('one process outlives its run: {0}', more)
    : translate('{0} processes outlive their runs: {1}', orphans.length, more);
}
