import { describe, expect, it } from 'vitest';
import { runsAheadInQueue } from '../../../src/core/queue.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { aRun } from './a-run.ts';

const [first, second, third] = [1, 2, 3].map((digit) =>
  aRun({ runId: runIdFrom(Uint8Array.of(0, 0, 0, 0, 0, digit)) }),
);
const elsewhere = aRun({ runId: runIdFrom(Uint8Array.of(0, 0, 0, 0, 0, 9)), repository: '/home/dev/other' });
const active = [elsewhere, first!, second!, third!];

describe('a run waits for its turn', () => {
  it('while as many as may be under way were accepted before it', () => {
    const ahead = active.map(({ runId }) => runsAheadInQueue(runId, active, 2));
    expect(ahead).toEqual([0, 0, 0, 1]);
  });

  it('but not for runs of other repositories, and not where there is no limit', () => {
    expect(active.map(({ runId }) => runsAheadInQueue(runId, active, null))).toEqual([0, 0, 0, 0]);
    expect(runsAheadInQueue(elsewhere.runId, [first!, elsewhere], 1)).toBe(0);
  });

  it('until one before it is over', () => {
    expect(runsAheadInQueue(third!.runId, [second!, third!], 2)).toBe(0);
  });
});
