import { describe, expect, test } from 'vitest';
import { isRetryAwaited, isRetryDue } from '../../../src/core/retry.ts';
import type { Run } from '../../../src/core/run.ts';
import { aRun, aWorkflow } from './a-run.ts';

const failed = (more: Partial<Run> = {}): Run =>
  aRun({
    status: 'failed',
    reason: { code: 'exit_code', exitCode: 1 },
    endedAt: 0,
    workflow: { ...aWorkflow, retry: { attempts: 2, backoffSeconds: 30 } },
    ...more,
  });

describe('a retry', () => {
  test('is due after the back-off, which doubles each time', () => {
    expect(isRetryDue(failed(), 29_999, false)).toBe(false);
    expect(isRetryDue(failed(), 30_000, false)).toBe(true);
    expect(isRetryDue(failed({ retryNumber: 1 }), 59_999, false)).toBe(false);
    expect(isRetryDue(failed({ retryNumber: 1 }), 60_000, false)).toBe(true);
  });

  test('is made as often as the workflow says, and once for each failure', () => {
    expect(isRetryDue(failed({ retryNumber: 2 }), 1_000_000, false)).toBe(false);
    expect(isRetryDue(failed(), 30_000, true)).toBe(false);
  });

  test('is not made hours later, when nobody expects it any more', () => {
    expect(isRetryDue(failed(), 2 * 3_600_000, false)).toBe(false);
  });

  test('is awaited from the failure on until it is made or too late', () => {
    expect(isRetryAwaited(failed(), 0, false)).toBe(true);
    expect(isRetryAwaited(failed(), 30_000, false)).toBe(true);
    expect(isRetryAwaited(failed(), 30_000, true)).toBe(false);
    expect(isRetryAwaited(failed(), 2 * 3_600_000, false)).toBe(false);
  });

  test.each([
    ['a person killed it', { status: 'terminated', reason: { code: 'killed', by: 'dev', why: null } }],
    ['a person said that it failed', { reason: { code: 'completed_by_hand', by: 'dev', why: null } }],
    ['it could not start', { reason: { code: 'launch_failed', step: 'setup', detail: '' } }],
    ['its workflow asks for none', { workflow: aWorkflow }],
    ['it is not over', { status: 'running', endedAt: null }],
  ] as const)('is not made when %s', (_, more) => {
    expect(isRetryDue(failed(more), 30_000, false)).toBe(false);
    expect(isRetryAwaited(failed(more), 0, false)).toBe(false);
  });
});

describe('a run that was ended to be started again', () => {
  const ended = (more: Partial<Run> = {}): Run =>
    aRun({
      status: 'killed',
      reason: { code: 'killed', by: 'dev', why: 'no output' },
      endedAt: 0,
      followUp: 'restart',
      ...more,
    });

  test('is so at once, whatever its retries, and once', () => {
    expect(isRetryDue(ended(), 0, false)).toBe(true);
    expect(isRetryDue(ended({ retryNumber: 20 }), 0, false)).toBe(true);
    expect(isRetryDue(ended(), 0, true)).toBe(false);
    expect(isRetryDue(ended(), 2 * 3_600_000, false)).toBe(false);
  });

  test('is awaited once it is over', () => {
    expect(isRetryAwaited(ended(), 0, false)).toBe(true);
    expect(isRetryAwaited(ended({ status: 'terminating', endedAt: null }), 0, false)).toBe(false);
  });
});
