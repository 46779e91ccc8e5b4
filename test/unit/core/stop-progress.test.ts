import { describe, expect, it } from 'vitest';
import { describeStopProgress, plainEnglish } from '../../../src/core/messages.ts';
import type { Run, StopIntent } from '../../../src/core/run.ts';
import { stopProgressOf } from '../../../src/core/stop-progress.ts';
import { bootId } from './a-process.ts';
import { aRun, aStop } from './a-run.ts';

const stop = aStop({ waitedFor: [{ kind: 'git', operation: 'commit', pid: 4711 }] });

function told(some: Partial<StopIntent>, now: number, run: Partial<Run> = {}): string | null {
  const stopping = aRun({ status: 'terminating', stop: { ...stop, ...some }, ...run });
  const progress = stopProgressOf(stopping, bootId, now, 2_000);
  return progress === null ? null : describeStopProgress(progress, plainEnglish);
}

describe('how far a stop is', () => {
  it.each<[string, Partial<StopIntent>, number]>([
    ['waiting for git commit (pid 4711), 3 s of 30 s', { begunMonotonic: null }, 103_000],
    ['about to be asked to end', { begunMonotonic: null, waitedFor: [] }, 100_010],
    ['asked to end, 6 s of 7 s', {}, 118_999],
    ['its children killed, asked again, 1 s of 5 s', {}, 120_500],
    ['being killed by the system, 4 s', {}, 128_000],
    ['being killed by the system, 4 s', { force: true, begunMonotonic: null }, 104_000],
  ])('is told as "%s"', (expected, some, now) => {
    expect(told(some, now)).toBe(expected);
  });

  it('is told by those who survived the last attempt, until the next one', () => {
    const killReport = { survivors: [{ pid: 12, name: 'sshd', reason: 'EPERM' }] } as unknown as Run['killReport'];
    expect(told({ carrier: null }, 200_000, { killReport })).toBe('one process survived; it is tried again');
    expect(told({}, 113_000, { killReport })).toBe('asked to end, 1 s of 7 s');
  });

  it('is nothing when nobody stops it, or did so before the machine was started anew', () => {
    expect(stopProgressOf(aRun(), bootId, 0, 0)).toBeNull();
    expect(told({ bootId: 'an-earlier-boot' }, 113_000)).toBeNull();
  });
});
