import { healthy } from '../../../src/core/health.ts';
import type { Run } from '../../../src/core/run.ts';
import type { WatchedRun } from '../../../src/extension/attention.ts';
import type { RunReport } from '../../../src/supervisor/supervisor.ts';
import { aRun } from '../core/a-run.ts';

/** A healthy run under way, unless told otherwise. */
export function aWatchedRun(
  run: Partial<Run> = {},
  { snoozed = false, ...facts }: Partial<Omit<RunReport, 'run'>> & { snoozed?: boolean } = {},
): WatchedRun {
  return {
    report: {
      run: aRun(run),
      health: healthy,
      lastOutputAt: null,
      lastLine: null,
      heartbeat: null,
      stopping: null,
      isSnoozed: false,
      queuePlace: null,
      ...facts,
    },
    snoozed,
  };
}

export const stuck = {
  health: {
    level: 'critical',
    reasons: [{ code: 'quiet', minutes: 6, limitMinutes: 5, level: 'critical' }],
    isWaiting: false,
    action: 'notify',
  },
} as const;
