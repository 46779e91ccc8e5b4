import { describe, expect, test } from 'vitest';
import { describeAlert } from '../../../src/core/alert-words.ts';
import { type Alert, type AlertFacts, alertsOf, type AuditHistory } from '../../../src/core/alerts.ts';
import type { DiskBudget } from '../../../src/core/disk-usage.ts';
import { observed, unknown } from '../../../src/core/impact.ts';
import { plainEnglish } from '../../../src/core/messages.ts';
import { alertJson } from '../../../src/core/run-json.ts';
import { otherRunId, runId } from './a-process.ts';

const nothing: AuditHistory = { kills: 0, failedKills: 0, slowCleanups: 0, slowestCleanupMilliseconds: 0 };

const facts = (
  history: Partial<AuditHistory>,
  orphans: AlertFacts['orphans'] = observed([]),
  budgets: readonly DiskBudget[] = [],
): AlertFacts => ({
  history: observed({ ...nothing, ...history }),
  orphans,
  budgets: observed(budgets),
});

const levels = (alerts: readonly Alert[]): string[] => alerts.map(({ code, level }) => `${code} ${level}`);

const budget = { repository: '/home/dev/shop', bytes: 5e9 + 1, budgetBytes: 5e9 };

const orphan = { runId, pid: 4711, name: 'node' };

describe('alerts', () => {
  test.each<[string, AlertFacts, string[]]>([
    ['none where nothing happened', facts({}), []],
    ['none where all kills went well', facts({ kills: 1_000 }), []],
    ['none at 1 % of kills that failed', facts({ kills: 100, failedKills: 1 }), []],
    ['a warning above', facts({ kills: 99, failedKills: 1 }), ['failed_kills warning']],
    ['a warning at 5 %', facts({ kills: 20, failedKills: 1 }), ['failed_kills warning']],
    ['a critical one above', facts({ kills: 100, failedKills: 6 }), ['failed_kills critical']],
    [
      'a critical one of a single kill, where that failed',
      facts({ kills: 1, failedKills: 1 }),
      ['failed_kills critical'],
    ],
    [
      'a warning of a slow cleanup',
      facts({ slowCleanups: 1, slowestCleanupMilliseconds: 61_000 }),
      ['slow_cleanups warning'],
    ],
    ['a critical one of any process that outlives its run', facts({}, observed([orphan])), ['orphans critical']],
    ['none of what is within its budget', facts({}, observed([]), [{ ...budget, bytes: 5e9 }]), []],
    ['a warning above', facts({}, observed([]), [budget]), ['over_budget warning']],
    [
      'one of what is not known, never silence',
      { history: unknown('locked'), orphans: unknown('no /proc'), budgets: unknown('no file') },
      ['not_known warning', 'not_known warning', 'not_known warning'],
    ],
    [
      'the gravest first',
      facts({ kills: 100, failedKills: 10, slowCleanups: 2, slowestCleanupMilliseconds: 90_000 }, unknown('no /proc')),
      ['failed_kills critical', 'not_known warning', 'slow_cleanups warning'],
    ],
  ])('%s', (_, given, expected) => {
    expect(levels(alertsOf(given))).toEqual(expected);
  });

  test.each<[Alert, string]>([
    [
      { code: 'failed_kills', level: 'critical', failed: 3, kills: 40, limitPercent: 5 },
      '3 of 40 kills in the last 7 days left survivors: 7.5 %, limit 5 %',
    ],
    [
      { code: 'slow_cleanups', level: 'warning', count: 1, slowestMilliseconds: 75_300 },
      'within 1 d the removal of a worktree took 1 min 15 s; limit 1 min',
    ],
    [
      { code: 'slow_cleanups', level: 'warning', count: 4, slowestMilliseconds: 180_000 },
      'within 1 d 4 removals of worktrees took up to 3 min; limit 1 min',
    ],
    [
      { code: 'orphans', level: 'critical', orphans: [orphan] },
      `one process outlives its run: pid 4711 (node) of ${runId}`,
    ],
    [
      {
        code: 'orphans',
        level: 'critical',
        orphans: [1, 2, 3, 4].map((pid) => ({ runId: otherRunId, pid, name: 'sh' })),
      },
      `4 processes outlive their runs: pid 1 (sh) of ${otherRunId}, pid 2 (sh) of ${otherRunId}, pid 3 (sh) of ${otherRunId}, …`,
    ],
    [
      { code: 'over_budget', level: 'warning', repository: '/home/dev/shop', bytes: 12.3e9, budgetBytes: 5e9 },
      'the worktrees of /home/dev/shop take 12.3 GB of the disk; budget 5 GB',
    ],
    [
      { code: 'over_budget', level: 'warning', repository: null, bytes: 12.3e9, budgetBytes: 5e9 },
      'the worktrees of all repositories take 12.3 GB of the disk; budget 5 GB',
    ],
    [
      { code: 'not_known', level: 'warning', about: 'budgets', detail: 'no file' },
      'whether worktrees are within their budget is not known: no file',
    ],
    [
      { code: 'not_known', level: 'warning', about: 'orphans', detail: 'no /proc' },
      'whether processes outlive their runs is not known: no /proc',
    ],
    [
      { code: 'not_known', level: 'warning', about: 'history', detail: 'locked' },
      'how kills and cleanups went is not known: locked',
    ],
  ])('%j in words', (alert, expected) => {
    expect(describeAlert(alert, plainEnglish)).toBe(expected);
  });

  test('as JSON', () => {
    expect(alertJson({ code: 'orphans', level: 'critical', orphans: [orphan] })).toEqual({
      code: 'orphans',
      level: 'critical',
      message: expect.stringContaining('pid 4711'),
      details: { orphans: [{ run_id: runId, pid: 4711, name: 'node' }] },
    });
    expect(alertJson({ code: 'failed_kills', level: 'warning', failed: 1, kills: 40, limitPercent: 1 })).toMatchObject({
      details: { failed: 1, kills: 40, limit_percent: 1 },
    });
  });
});
