import { describe, expect, test } from 'vitest';
import { failuresAtOnceAfter, isRetryAwaited, retryDelay, retryStateOf } from '../../../src/core/retry.ts';
import type { Run } from '../../../src/core/run.ts';
import { aRun, aWorkflow } from './a-run.ts';

const hour = 3_600_000;

/** It worked for a minute. */
const failed = (more: Partial<Run> = {}): Run =>
  aRun({
    status: 'failed',
    reason: { code: 'exit_code', exitCode: 1 },
    startedAt: -60_000,
    endedAt: 0,
    workflow: { ...aWorkflow, retry: { attempts: 2, backoffSeconds: 30 } },
    ...more,
  });

const often = (backoffSeconds: number): Partial<Run> => ({
  workflow: { ...aWorkflow, retry: { attempts: 20, backoffSeconds } },
});

describe('a retry', () => {
  test.each<[string, Partial<Run>, number]>([
    ['at first', {}, 30_000],
    ['the second time', { retryNumber: 1 }, 60_000],
    ['the twelfth time no longer than an hour', { ...often(30), retryNumber: 11 }, hour],
    ['no shorter than the first time', { ...often(7_200), retryNumber: 11 }, 2 * hour],
  ])('waits, and twice as long each time: %s', (_, more, expected) => {
    expect(retryDelay(failed(more), 0, false)).toBe(expected);
    expect(retryDelay(failed(more), expected - 1, false)).toBe(1);
    expect(retryDelay(failed(more), expected + 1, false)).toBe(0);
  });

  test.each<[string, Partial<Run>, number]>([
    ['that was the last attempt', { retryNumber: 2 }, 0],
    ['nobody watched for hours when it was time', {}, 2 * hour],
    ['three in a row ended at once', { ...often(1), startedAt: -9_000, failuresAtOnce: 2 }, 0],
    [
      'the clock was set back while it ran, which looks the same',
      { ...often(1), startedAt: hour, failuresAtOnce: 2 },
      0,
    ],
  ])('is not made any more, and that is told, when %s', (_, more, now) => {
    expect(isRetryAwaited(failed(more), now, false)).toBe(false);
    expect(retryStateOf(failed(more), now, false)?.stopped).not.toBe(null);
  });

  test('goes on when one of those in a row came to its work', () => {
    expect(failuresAtOnceAfter(failed({ failuresAtOnce: 2 }))).toBe(0);
    expect(failuresAtOnceAfter(failed({ startedAt: -9_000, failuresAtOnce: 1 }))).toBe(2);
    expect(isRetryAwaited(failed({ ...often(1), failuresAtOnce: 2 }), 0, false)).toBe(true);
  });

  test('waits for no more than the back-off once more where the clock was set back', () => {
    expect(retryDelay(failed(), -48 * hour, false)).toBe(30_000);
  });

  test.each([
    ['a person killed it', { status: 'terminated', reason: { code: 'killed', by: 'dev', why: null } }],
    ['a person said that it failed', { reason: { code: 'completed_by_hand', by: 'dev', why: null } }],
    ['it could not start', { reason: { code: 'launch_failed', step: 'setup', detail: '' } }],
    ['its workflow asks for none', { workflow: aWorkflow }],
    ['it is not over', { status: 'running', endedAt: null }],
  ] as const)('is not made when %s', (_, more) => {
    expect(isRetryAwaited(failed(more), 0, false)).toBe(false);
    expect(retryStateOf(failed(more), 0, false)?.stopped ?? null).toBe(null);
  });

  test('is told with how many there may be', () => {
    expect(retryStateOf(failed({ retryNumber: 1 }), 0, false)).toEqual({
      attempt: 2,
      of: 3,
      nextAt: 60_000,
      stopped: null,
    });
    expect(retryStateOf(failed({ retryNumber: 1 }), 0, true)).toMatchObject({ nextAt: null, stopped: null });
    expect(retryStateOf(failed({ retryNumber: 2 }), 0, false)).toMatchObject({ attempt: 3, stopped: 'used_up' });
    expect(retryStateOf(failed({ isRetryCancelled: true }), 0, false)).toMatchObject({
      nextAt: null,
      stopped: 'cancelled',
    });
    expect(retryStateOf(failed({ isRetryCancelled: true }), 0, true)).toMatchObject({ stopped: null });
    expect(retryStateOf(aRun(), 0, false)).toBe(null);
  });
});

describe('a run that was ended to be started again', () => {
  const ended = (more: Partial<Run> = {}): Run =>
    failed({
      status: 'killed',
      reason: { code: 'killed', by: 'dev', why: 'no output' },
      followUp: 'restart',
      workflow: aWorkflow,
      ...more,
    });

  test('is so at once, and once', () => {
    expect(retryDelay(ended(), 0, false)).toBe(0);
    expect(isRetryAwaited(ended(), 0, true)).toBe(false);
    expect(isRetryAwaited(ended(), 2 * hour, false)).toBe(false);
    expect(isRetryAwaited(ended({ status: 'terminating', endedAt: null }), 0, false)).toBe(false);
  });

  test('is so after the back-off that its workflow asks for, which doubles with each', () => {
    const hung = ended(often(30));
    expect(retryDelay(hung, 0, false)).toBe(30_000);
    expect(retryDelay({ ...hung, retryNumber: 2 }, 0, false)).toBe(120_000);
  });

  test('is so as often as its workflow has attempts, or three times', () => {
    expect(isRetryAwaited(ended({ retryNumber: 2 }), 0, false)).toBe(true);
    expect(retryStateOf(ended({ retryNumber: 3 }), 0, false)).toMatchObject({ of: 4, stopped: 'used_up' });
    expect(isRetryAwaited(ended({ ...often(30), retryNumber: 19 }), 0, false)).toBe(true);
    expect(isRetryAwaited(ended({ ...often(30), retryNumber: 20 }), 0, false)).toBe(false);
  });
});
