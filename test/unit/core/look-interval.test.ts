import { expect, it } from 'vitest';
import { lookInterval } from '../../../src/core/look-interval.ts';
import type { Workflow } from '../../../src/core/workflow.ts';
import { aRun } from './a-run.ts';

const running = (count: number, limits: Partial<Workflow> = {}) => {
  const run = aRun({});
  return Array.from({ length: count }, () => ({ ...run, workflow: { ...run.workflow, ...limits } }));
};

it.each([
  ['few runs are looked at as often as is wanted', running(60), 5_000, 5_000],
  ['many less often', running(100), 5_000, 8_000],
  ['but at least once a minute', running(2_000, { stuckAfterMinutes: 30 }), 5_000, 60_000],
  ['who wants it rarer gets that', running(100), 30_000, 30_000],
  ['six times before a limit is reached', running(1, { stuckAfterMinutes: 0.1 }), 5_000, 1_000],
  [
    'and before a first sign of life is awaited in vain',
    running(1, { initializationTimeoutMinutes: 0.1 }),
    5_000,
    1_000,
  ],
  ['and before a checkpoint is due', running(1, { checkpointMinutes: 0.05 }), 5_000, 500],
  ['also where there are many', running(2_000, { stuckAfterMinutes: 1 }), 5_000, 10_000],
  ['nothing that runs changes nothing', [], 5_000, 5_000],
])('%s', (_, runs, wanted, expected) => {
  expect(lookInterval(runs, wanted)).toBe(expected);
});
