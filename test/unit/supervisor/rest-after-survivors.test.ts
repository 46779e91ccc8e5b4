import { expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import { isRestingAfterSurvivors } from '../../../src/supervisor/stop.ts';
import { aRun, aStop } from '../core/a-run.ts';

const at = 1_000_000_000;

const run = aRun({
  status: 'terminating',
  stop: aStop({ carrier: null }),
  killReport: { killedAt: at } as Run['killReport'],
});

test.each([
  ['right after', at + 1_000, true],
  ['half a minute later', at + 30_000, false],
  ['after the clock was set back by an hour', at - 3_600_000, false],
])('what a kill has left is left alone for half a minute: %s', (_, now, isResting) => {
  expect(isRestingAfterSurvivors(run, now)).toBe(isResting);
});
