import { describe, expect, it, test } from 'vitest';
import { type Health, type HealthReason, healthy } from '../../../src/core/health.ts';
import type { KillReport } from '../../../src/core/kill-report.ts';
import { plainEnglish } from '../../../src/core/messages.ts';
import { idempotencyKeyOf, noticeOfChange, noticesOfHealth } from '../../../src/core/notice.ts';
import { describeNotice } from '../../../src/core/notice-words.ts';
import type { Run } from '../../../src/core/run.ts';
import { aNotice } from './a-notice.ts';
import { runId } from './a-process.ts';
import { aRun, killedAt } from './a-run.ts';

const quiet: HealthReason = { code: 'quiet', minutes: 6, limitMinutes: 5 };
const repeats: HealthReason = { code: 'repeats', minutes: 6, limitMinutes: 5, cpuPercent: null };
const late: HealthReason = { code: 'over_time', minutes: 61, limitMinutes: 60 };
const fat: HealthReason = { code: 'memory', bytes: 2e9, limitBytes: 1e9 };
const asking: HealthReason = { code: 'waiting', minutes: 3, question: 'Password for s3cr3t?' };

function health(critical: readonly HealthReason[], others: readonly HealthReason[] = []): Health {
  return {
    level: critical.length > 0 ? 'critical' : 'warning',
    reasons: [
      ...critical.map((reason) => ({ ...reason, level: 'critical' }) as const),
      ...others.map((reason) => ({ ...reason, level: 'warning' }) as const),
    ],
    isWaiting: others.includes(asking),
    action: 'none',
  };
}

describe('of a run under way is told', () => {
  const told = (state: Health): string[] =>
    noticesOfHealth(aRun(), state, killedAt).map(({ kind, reasons }) => `${kind}: ${reasons.join('; ')}`);

  it.each<[string, Health, string[]]>([
    ['nothing while it is well', healthy, []],
    ['nothing of a suspicion', health([], [quiet, late]), []],
    ['that it is stuck', health([quiet]), ['stuck: no output for 6 min and no CPU used; limit 5 min']],
    [
      'that it repeats itself',
      health([repeats], [late]),
      ['stuck: nothing new in its output for 6 min, only the same again, and no CPU used; limit 5 min'],
    ],
    [
      'over which limits it is',
      health([late, fat]),
      ['over_limit: running for 1 h 1 min; limit 1 h; 2 GB of memory; limit 1 GB'],
    ],
    ['that it waits, but not what it asks', health([], [asking]), ['waiting: waiting for a person for 3 min']],
    [
      'both, when both holds',
      health([quiet, late]),
      ['stuck: no output for 6 min and no CPU used; limit 5 min', 'over_limit: running for 1 h 1 min; limit 1 h'],
    ],
    ['nothing of survivors, whose kill tells of them', health([{ code: 'survivors', count: 2 }]), []],
  ])('%s', (_, state, expected) => {
    expect(told(state)).toEqual(expected);
  });
});

describe('of a change is told', () => {
  const running = aRun();
  const terminating = aRun({ status: 'terminating' });
  const ended = { endedAt: killedAt } as const;
  const survivors = [{ pid: 7, name: 'sleep', reason: 'EPERM' }] as const;
  const failedKill: KillReport = {
    runId,
    workflowName: 'builder',
    success: false,
    killedAt,
    method: 'system',
    durationMilliseconds: 10_000,
    processes: 2,
    signals: [],
    survivors,
    stages: [],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: true,
    auditLogged: true,
  };

  it.each<[string, Run, Run, string | null]>([
    [
      'that it failed',
      running,
      aRun({ ...ended, status: 'failed', reason: { code: 'exit_code', exitCode: 3 } }),
      'failed: the command ended with exit code 3',
    ],
    [
      'that it could not start, without what a tool said',
      aRun({ status: 'pending' }),
      aRun({
        ...ended,
        status: 'failed',
        reason: { code: 'launch_failed', step: 'setup', detail: 's3cr3t' },
      }),
      'failed: its setup command failed',
    ],
    [
      'who killed it and why',
      terminating,
      aRun({ ...ended, status: 'terminated', reason: { code: 'killed', by: 'dev', why: 'wrong branch' } }),
      'killed: killed by dev: wrong branch',
    ],
    [
      'why it was killed, without what looks like a secret',
      terminating,
      aRun({ ...ended, status: 'terminated', reason: { code: 'killed', by: 'dev', why: 'token=xyzzy leaked' } }),
      'killed: killed by dev: token=[secret] leaked',
    ],
    [
      'a kill by the system',
      running,
      aRun({ ...ended, status: 'killed', reason: { code: 'killed', by: 'dev', why: null } }),
      'killed: killed by dev',
    ],
    [
      'who survived a kill',
      terminating,
      aRun({ status: 'terminating', killReport: failedKill }),
      'survivors: one process survived the kill',
    ],
    [
      'nothing more of the same survivors',
      aRun({ status: 'terminating', killReport: failedKill }),
      aRun({ status: 'terminating', killReport: failedKill, snoozedUntil: 5 }),
      null,
    ],
    ['nothing of a success', running, aRun({ ...ended, status: 'completed' }), null],
    ['nothing of a decision', running, terminating, null],
    [
      'nothing of what was cancelled before it ran',
      aRun({ status: 'pending' }),
      aRun({ ...ended, status: 'terminated', reason: { code: 'cancelled', by: 'dev', why: null } }),
      null,
    ],
    [
      'nothing of what was over before',
      aRun({ ...ended, status: 'failed' }),
      aRun({ ...ended, status: 'failed' }),
      null,
    ],
  ])('%s', (_, before, after, expected) => {
    const notice = noticeOfChange(before, after, killedAt + 5);
    expect(notice === null ? null : `${notice.kind}: ${notice.reasons.join('; ')}`).toBe(expected);
  });
});

test('a notice holds neither message nor path nor question nor tool words', () => {
  const run = aRun({ message: 's3cr3t', repository: '/home/s3cr3t/shop', owner: 's3cr3t' });
  const [notice] = noticesOfHealth(run, health([quiet], [asking]), killedAt);
  expect(JSON.stringify(notice)).not.toContain('s3cr3t');
  expect(notice).toMatchObject({ repository: 'shop' });
});

test('a state that comes back has another key, and a key is plain', () => {
  const keys = [aNotice(), aNotice({ at: killedAt + 1 }), aNotice({ kind: 'failed' })].map(idempotencyKeyOf);
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(key).toMatch(/^[\w-]{1,64}$/);
});

test('a notice of a run that never started says nothing of how long it ran', () => {
  const notice = aNotice({ kind: 'failed', startedAt: null, reasons: ['its setup command failed'] });
  expect(describeNotice(notice, plainEnglish)).toBe(
    'builder in shop failed: its setup command failed (run_010203040506, 2025-06-16 13:33 UTC)',
  );
});
