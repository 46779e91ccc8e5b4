import { describe, expect, test } from 'vitest';
import { outlookOf } from '../../../src/core/dependents.ts';
import type { Run } from '../../../src/core/run.ts';
import { otherRunId, runId } from './a-process.ts';
import { aRun, aWorkflow } from './a-run.ts';

const retried = { ...aWorkflow, retry: { attempts: 1, backoffSeconds: 30 } };
const failed: Partial<Run> = { status: 'failed', endedAt: 0, reason: { code: 'exit_code', exitCode: 1 } };
const later = (run: Partial<Run>): Run => aRun({ runId: otherRunId, restartedFrom: runId, ...run });

describe('of a run that another waits for', () => {
  test.each<[string, readonly Run[]]>([
    ['it runs', [aRun()]],
    ['it is queued itself', [aRun({ status: 'pending' })]],
    ['it is being ended', [aRun({ status: 'terminating' })]],
    ['it failed and will be started again', [aRun({ ...failed, workflow: retried })]],
    ['it was ended to be started again', [aRun({ status: 'terminated', endedAt: 0, followUp: 'restart' })]],
    ['what took its place runs', [aRun(failed), later({})]],
  ])('more is awaited while %s', (_, attempts) => {
    expect(outlookOf(runId, attempts, 1_000)).toEqual({ kind: 'awaited' });
  });

  test.each<[string, readonly Run[]]>([
    ['it did itself', [aRun({ status: 'completed', endedAt: 0 })]],
    ['what took its place did', [aRun(failed), later({ status: 'completed', endedAt: 0 })]],
    ['it was started again afterwards', [aRun({ status: 'completed', endedAt: 0 }), later({})]],
  ])('it completed when %s', (_, attempts) => {
    expect(outlookOf(runId, attempts, 1_000)).toEqual({ kind: 'completed' });
  });

  test.each<[string, readonly Run[], Run['runId'], Run['status'] | null]>([
    ['it failed', [aRun(failed)], runId, 'failed'],
    ['it was killed', [aRun({ status: 'killed', endedAt: 0 })], runId, 'killed'],
    ['its retries are used up', [aRun({ ...failed, workflow: retried, retryNumber: 1 })], runId, 'failed'],
    [
      'what took its place was terminated',
      [aRun(failed), later({ status: 'terminated', endedAt: 0 })],
      otherRunId,
      'terminated',
    ],
    ['nothing is known of it any more', [], runId, null],
  ])('nothing is to be hoped for when %s', (_, attempts, last, status) => {
    const reason = { code: 'dependency_ended', runId: last, status };
    expect(outlookOf(runId, attempts, 1_000)).toEqual({ kind: 'ended', reason });
  });
});
