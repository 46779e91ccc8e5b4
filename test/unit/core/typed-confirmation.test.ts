import { expect, it } from 'vitest';
import { confirmationOf, isConfirmed } from '../../../src/core/typed-confirmation.ts';
import { otherRunId, runId } from './a-process.ts';

it('whoever insists types the run, or how many worktrees there are', () => {
  expect(confirmationOf([{ runId }])).toBe(runId);
  expect(confirmationOf([{ runId }, { runId: otherRunId }])).toBe('2');
  expect(isConfirmed(` ${runId}\n`, [{ runId }])).toBe(true);
  for (const typed of ['', 'y', 'yes', '1', otherRunId, runId.slice(0, -1)])
    expect(isConfirmed(typed, [{ runId }])).toBe(false);
});
