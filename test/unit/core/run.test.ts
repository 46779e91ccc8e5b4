import { describe, expect, it } from 'vitest';
import { outcomeOf, statusAfterKill } from '../../../src/core/run.ts';

describe('the outcome of a run that ended by itself', () => {
  const endedAt = 0;

  it('is completed with exit code 0, and with nothing else', () => {
    expect(outcomeOf({ exitCode: 0, signal: null, endedAt })).toEqual({ status: 'completed', reason: null });
  });

  it('is failed with any other, which is told', () => {
    const reason = { code: 'exit_code', exitCode: 3 };
    expect(outcomeOf({ exitCode: 3, signal: null, endedAt })).toEqual({ status: 'failed', reason });
  });

  it('is failed by a signal where the platform tells it apart', () => {
    const reason = { code: 'signal', signal: 'SIGSEGV' };
    expect(outcomeOf({ exitCode: null, signal: 'SIGSEGV', endedAt })).toEqual({ status: 'failed', reason });
    expect(outcomeOf({ exitCode: 139, signal: 'SIGSEGV', endedAt })).toEqual({ status: 'failed', reason });
  });

  it('is lost when nothing was recorded: no exit code is made up', () => {
    const lost = { status: 'failed', reason: { code: 'lost' } };
    expect(outcomeOf(null)).toEqual(lost);
    expect(outcomeOf({ exitCode: null, signal: null, endedAt })).toEqual(lost);
  });
});

describe('the status after a kill', () => {
  it('is killed only when nothing short of the system phase ended the run', () => {
    expect(['graceful', 'forced', 'system'].map((method) => statusAfterKill(method as 'graceful'))).toEqual([
      'terminated',
      'terminated',
      'killed',
    ]);
  });
});
