import { type Health, healthy, type WeighedReason } from '../../../src/core/health.ts';
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
      queueWait: null,
      replacedBy: null,
      retry: null,
      ...facts,
    },
    snoozed,
  };
}

/** What speaks against a run, the gravest first. */
export function ill(...reasons: readonly [WeighedReason, ...WeighedReason[]]): { readonly health: Health } {
  const isWaiting = reasons.some(({ code }) => code === 'waiting');
  return { health: { level: reasons[0].level, reasons, isWaiting, action: 'notify' } };
}

export const quiet = { code: 'quiet', minutes: 6, limitMinutes: 5, level: 'critical' } as const satisfies WeighedReason;
export const question = {
  code: 'waiting',
  minutes: 1,
  question: 'Overwrite? [y/N]',
  level: 'warning',
} as const satisfies WeighedReason;
export const nearTimeLimit = {
  code: 'over_time',
  minutes: 48,
  limitMinutes: 60,
  level: 'warning',
} as const satisfies WeighedReason;
export const overTime = {
  code: 'over_time',
  minutes: 61,
  limitMinutes: 60,
  level: 'critical',
} as const satisfies WeighedReason;
export const tooMuchMemory = {
  code: 'memory',
  bytes: 5_000_000_000,
  limitBytes: 4_000_000_000,
  level: 'critical',
} as const satisfies WeighedReason;

export const stuck = ill(quiet);
