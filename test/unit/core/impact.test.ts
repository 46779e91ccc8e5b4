import { describe, expect, test } from 'vitest';
import { descendantsOf, type Impact, isWorthAsking, observed, unknown } from '../../../src/core/impact.ts';
import { describeActivity, describeImpact } from '../../../src/core/impact-words.ts';
import { plainEnglish } from '../../../src/core/messages.ts';
import { killPreviewJson } from '../../../src/core/run-json.ts';
import type { Run } from '../../../src/core/run.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { aRun, aWorkflow } from './a-run.ts';
import { runId } from './a-process.ts';

const id = (byte: number) => runIdFrom(new Uint8Array(6).fill(byte));

const anImpact = (impact: Partial<Impact> = {}): Impact => ({
  runId,
  workflowName: 'builder',
  status: 'running',
  files: observed({ tracked: 0, untracked: 0 }),
  commits: observed(0),
  underWay: observed([]),
  processes: observed(4),
  isRetryAwaited: false,
  children: [],
  runningMilliseconds: 725_400,
  ...impact,
});

describe('the words for what a kill would cut off', () => {
  test.each<[Partial<Impact>, string[]]>([
    [{}, []],
    [{ files: observed({ tracked: 1, untracked: 0 }) }, ['one file is not committed']],
    [{ files: observed({ tracked: 0, untracked: 1 }) }, ['one new file is not committed']],
    [{ files: observed({ tracked: 3, untracked: 0 }) }, ['3 files are not committed']],
    [{ files: observed({ tracked: 0, untracked: 3 }) }, ['3 new files are not committed']],
    [{ files: observed({ tracked: 3, untracked: 2 }) }, ['5 files are not committed, 2 of them new']],
    [{ commits: observed(1) }, ['one commit is on its branch alone, and not pushed']],
    [{ commits: observed(7) }, ['7 commits are on its branch alone, and not pushed']],
    [{ underWay: observed([{ kind: 'git', operation: 'push', pid: 4711 }]) }, ['git push (pid 4711) is under way']],
    [{ children: [id(1)] }, [`one run that it started goes on: ${id(1)}`]],
    [{ children: [id(1), id(2)] }, [`2 runs that it started go on: ${id(1)}, ${id(2)}`]],
    [
      { files: unknown('git did not answer in time'), commits: unknown('no git'), underWay: unknown('no /proc') },
      [
        'what is under way in it is not known: no /proc',
        'what is not committed is not known: git did not answer in time',
        'which commits are nowhere else is not known: no git',
      ],
    ],
  ])('%j', (impact, expected) => {
    expect(describeImpact(anImpact(impact), plainEnglish)).toEqual(expected);
  });

  test.each<[Partial<Impact>, string]>([
    [{}, 'running for 12 min, 4 processes'],
    [{ processes: observed(1) }, 'running for 12 min, one process'],
    [{ processes: unknown('no /proc') }, 'running for 12 min, processes not known: no /proc'],
    [{ status: 'terminating' }, 'being ended, after 12 min, 4 processes'],
    [{ runningMilliseconds: null }, 'not started yet'],
    [{ status: 'failed', isRetryAwaited: true }, 'over (failed) after 12 min, and to be started again'],
    [{ status: 'completed', processes: observed(0) }, 'over (completed) after 12 min'],
    [{ status: 'terminated', runningMilliseconds: null }, 'over (terminated), never started'],
  ])('what it is up to: %j', (impact, expected) => {
    expect(describeActivity(anImpact(impact), plainEnglish)).toBe(expected);
  });
});

describe('a person is asked', () => {
  test.each<[string, Partial<Impact>, boolean]>([
    ['not where nothing is at stake', {}, false],
    ['not about commits, which their branch keeps', { commits: observed(3) }, false],
    ['not about what is not known', { files: unknown('?'), underWay: unknown('?') }, false],
    ['about files', { files: observed({ tracked: 0, untracked: 1 }) }, true],
    ['about what is under way', { underWay: observed([{ kind: 'declared', name: 'deploy', pid: null }]) }, true],
    ['about runs that go on', { children: [id(1)] }, true],
  ])('%s', (_, impact, expected) => {
    expect(isWorthAsking(anImpact(impact))).toBe(expected);
  });
});

const toBeStartedAgain: Partial<Run> = {
  status: 'failed',
  reason: { code: 'exit_code', exitCode: 1 },
  endedAt: 0,
  workflow: { ...aWorkflow, retry: { attempts: 1, backoffSeconds: 30 } },
};

test('the runs that a run started are those of its children too, as far as they are not over themselves', () => {
  const runs = [
    aRun({ runId: id(3), parentRunId: id(2) }),
    aRun({ runId: id(2), parentRunId: id(1) }),
    aRun({ runId: id(4), parentRunId: id(1), status: 'completed' }),
    aRun({ runId: id(7), parentRunId: id(4) }),
    aRun({ runId: id(5), parentRunId: null }),
    // Whoever wrote such a row, nobody waits for ever.
    aRun({ runId: id(6), parentRunId: id(6) }),
    aRun({ ...toBeStartedAgain, runId: id(8), parentRunId: id(1) }),
    aRun({ ...toBeStartedAgain, runId: id(9), parentRunId: id(5) }),
    aRun({ runId: id(0), parentRunId: id(5), restartedFrom: id(9), status: 'completed' }),
  ];
  expect(descendantsOf(id(1), runs, 0)).toEqual([id(2), id(8), id(3), id(7)]);
  expect(descendantsOf(id(5), runs, 0)).toEqual([]);
  expect(descendantsOf(id(6), runs, 0)).toEqual([]);
});

test('the preview as JSON tells what is not known apart from nothing', () => {
  const impact = anImpact({
    files: observed({ tracked: 3, untracked: 2 }),
    commits: unknown('git did not answer in time'),
    underWay: observed([{ kind: 'git', operation: 'push', pid: 4711 }]),
    children: [id(1)],
  });
  expect(killPreviewJson([impact])).toEqual({
    dry_run: true,
    runs: [
      {
        run_id: runId,
        workflow_name: 'builder',
        status: 'running',
        impact: {
          dirty_files: { tracked: 3, untracked: 2 },
          unpushed_commits: null,
          under_way: ['git push (pid 4711)'],
          processes: 4,
          children: [id(1)],
          running_ms: 725_400,
          unknown: [{ fact: 'unpushed_commits', detail: 'git did not answer in time' }],
        },
      },
    ],
  });
});
