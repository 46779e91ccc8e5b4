import { expect, test } from 'vitest';
import { openMetrics, secondsBounds } from '../../../src/core/metrics.ts';

const none = { atMost: secondsBounds.map(() => 0), count: 0, sumSeconds: 0 };

const metrics = {
  counts: {
    runs: { running: 2, killed: 1 },
    kills: { atMost: secondsBounds.map((bound) => (bound < 1 ? 0 : 1)), count: 2, sumSeconds: 90.75 },
    failedKills: 1,
    cleanups: none,
    failedCleanups: 0,
  },
  health: { healthy: 1, warning: 0, critical: 1 },
  orphans: { state: 'observed', value: 3 },
} as const;

test('what was counted is told as OpenMetrics, every status also where there is none', () => {
  const lines = openMetrics(metrics).split('\n');
  expect(lines).toContain('# TYPE warden_runs gauge');
  expect(lines).toContain('warden_runs{status="running"} 2');
  expect(lines).toContain('warden_runs{status="failed"} 0');
  expect(lines).toContain('warden_runs_health{level="critical"} 1');
  expect(lines).toContain('# UNIT warden_kill_duration_seconds seconds');
  expect(lines).toContain('warden_kill_duration_seconds_bucket{le="0.5"} 0');
  expect(lines).toContain('warden_kill_duration_seconds_bucket{le="60.0"} 1');
  expect(lines).toContain('warden_kill_duration_seconds_bucket{le="+Inf"} 2');
  expect(lines).toContain('warden_kill_duration_seconds_sum 90.75');
  expect(lines).toContain('warden_kills_total{outcome="failed"} 1');
  expect(lines).toContain('warden_orphans 3');
  expect(lines.slice(-2)).toEqual(['# EOF', '']);
});

test('what could not be looked at is left out rather than told as none', () => {
  expect(openMetrics({ ...metrics, orphans: { state: 'unknown', detail: 'no /proc' } })).not.toContain('orphans');
});
