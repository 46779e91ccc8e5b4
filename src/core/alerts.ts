import { type DiskBudget, isOverBudget } from './disk-usage.ts';
import type { Observed } from './impact.ts';
import type { RunId } from './run-id.ts';

/** What the audit log tells of the last days. */
export interface AuditHistory {
  /** Runs that were killed, or that somebody tried to kill. */
  readonly kills: number;
  /** Those of them of which a kill left survivors, whether or not they were ended later. */
  readonly failedKills: number;
  /** Removals of a worktree that took longer than the limit. */
  readonly slowCleanups: number;
  /** The longest of them, in milliseconds; 0 when there is none. */
  readonly slowestCleanupMilliseconds: number;
}

/** A process that says by its environment that it is of a run, and the run is over or nobody knows it. */
export interface Orphan {
  readonly runId: RunId;
  readonly pid: number;
  /** Short name of the program. */
  readonly name: string;
}

export interface AlertFacts {
  readonly history: Observed<AuditHistory>;
  readonly orphans: Observed<readonly Orphan[]>;
  readonly budgets: Observed<readonly DiskBudget[]>;
}

/** Something about the whole that a person should know, beside the health of each run. */
export type Alert =
  | {
      readonly code: 'failed_kills';
      readonly level: AlertLevel;
      readonly failed: number;
      readonly kills: number;
      readonly limitPercent: number;
    }
  | {
      readonly code: 'slow_cleanups';
      readonly level: 'warning';
      readonly count: number;
      readonly slowestMilliseconds: number;
    }
  | { readonly code: 'orphans'; readonly level: 'critical'; readonly orphans: readonly Orphan[] }
  | ({ readonly code: 'over_budget'; readonly level: 'warning' } & DiskBudget)
  | {
      readonly code: 'not_known';
      readonly level: 'warning';
      readonly about: keyof AlertFacts;
      readonly detail: string;
    };

export type AlertLevel = 'warning' | 'critical';

/** A kill that left survivors counts for so long. */
export const killHistoryDays = 7;

/** More of them failed than this, in percent. The thresholds are those of the design. */
const failedKillsLimits = { warning: 1, critical: 5 } as const;

export const slowCleanupMilliseconds = 60_000;

/** A slow cleanup counts for so long: nobody can do anything about it any more. */
export const cleanupHistoryDays = 1;

/** What is to be told, the gravest first. */
export function alertsOf({ history, orphans, budgets }: AlertFacts): readonly Alert[] {
  const alerts = [
    ...(orphans.state === 'observed' ? orphanAlerts(orphans.value) : [notKnown('orphans', orphans.detail)]),
    ...(history.state === 'observed' ? historyAlerts(history.value) : [notKnown('history', history.detail)]),
    ...(budgets.state === 'observed' ? budgetAlerts(budgets.value) : [notKnown('budgets', budgets.detail)]),
  ];
  const isCritical = ({ level }: Alert): boolean => level === 'critical';
  return [...alerts.filter(isCritical), ...alerts.filter((alert) => !isCritical(alert))];
}

function orphanAlerts(orphans: readonly Orphan[]): readonly Alert[] {
  return orphans.length === 0 ? [] : [{ code: 'orphans', level: 'critical', orphans }];
}

function budgetAlerts(budgets: readonly DiskBudget[]): readonly Alert[] {
  return budgets.filter(isOverBudget).map((budget) => ({ code: 'over_budget', level: 'warning', ...budget }));
}

function historyAlerts(history: AuditHistory): readonly Alert[] {
  const { kills, failedKills: failed, slowCleanups, slowestCleanupMilliseconds } = history;
  const percent = kills === 0 ? 0 : (failed / kills) * 100;
  const level =
    percent > failedKillsLimits.critical ? 'critical' : percent > failedKillsLimits.warning ? 'warning' : null;
  return [
    ...(level === null
      ? []
      : [{ code: 'failed_kills', level, failed, kills, limitPercent: failedKillsLimits[level] } as const]),
    ...(slowCleanups === 0
      ? []
      : [
          {
            code: 'slow_cleanups',
            level: 'warning',
            count: slowCleanups,
            slowestMilliseconds: slowestCleanupMilliseconds,
          } as const,
        ]),
  ];
}

function notKnown(about: keyof AlertFacts, detail: string): Alert {
  return { code: 'not_known', level: 'warning', about, detail };
}
