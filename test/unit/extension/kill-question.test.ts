import { describe, expect, it } from 'vitest';
import { type Impact, observed } from '../../../src/core/impact.ts';
import { killQuestionDetail } from '../../../src/extension/kill-question.ts';
import { runId } from '../core/a-process.ts';

const impact = (workflowName: string, tracked = 0): Impact => ({
  runId,
  workflowName,
  status: 'running',
  files: observed({ tracked, untracked: 0 }),
  commits: observed(0),
  underWay: observed([]),
  processes: observed(2),
  isRetryAwaited: false,
  children: [],
  runningMilliseconds: 60_000,
});

const stays = 'Worktrees and branches stay, and what is not committed is kept in a checkpoint.';

describe('the question before a kill', () => {
  it('says of one run what is at stake, and what stays', () => {
    expect(killQuestionDetail([impact('builder', 3)])).toBe(`3 files are not committed\n\n${stays}`);
    expect(killQuestionDetail([impact('builder')])).toBe(stays);
  });

  it('says of several in a line each, those first of which something is at stake', () => {
    expect(killQuestionDetail([impact('lina'), impact('builder', 1)]).split('\n')).toEqual([
      'builder: running for 1 min, 2 processes; one file is not committed',
      'lina: running for 1 min, 2 processes',
      '',
      stays,
    ]);
  });

  it('is no longer than a screen', () => {
    const lines = killQuestionDetail(Array.from({ length: 200 }, () => impact('builder', 1))).split('\n');
    expect(lines.length).toBeLessThan(20);
    expect(lines).toContain('and 188 more');
  });
});
