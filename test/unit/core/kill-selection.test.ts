import { describe, expect, test } from 'vitest';
import { type KillSelection, selectRuns } from '../../../src/core/kill-selection.ts';
import { isRunId, type RunId } from '../../../src/core/run-id.ts';
import { aRun } from './a-run.ts';

function id(digit: string): RunId {
  const runId = `run_${digit.repeat(12)}`;
  if (!isRunId(runId)) throw new Error(runId);
  return runId;
}

const runs = [
  aRun({ runId: id('1'), workflowName: 'builder', message: 'Fix the login', repository: '/shop' }),
  aRun({ runId: id('2'), workflowName: 'lina', message: 'Review', repository: '/shop', status: 'pending' }),
  aRun({ runId: id('3'), workflowName: 'builder', message: 'Review', repository: '/blog', parentRunId: id('2') }),
  aRun({ runId: id('4'), workflowName: 'builder', message: '', repository: '/shop', status: 'terminating' }),
];

describe('runs that are meant', () => {
  test.each<[string, KillSelection, string]>([
    ['all', {}, '1234'],
    ['those of a repository', { repository: '/shop' }, '124'],
    ['those of a workflow', { workflowName: 'builder' }, '134'],
    ['those whose workflow fits', { pattern: 'li*' }, '2'],
    ['those whose id fits', { pattern: 'run_3*' }, '3'],
    ['those whose message fits', { pattern: '*login*' }, '1'],
    ['nobody by a part of a word', { pattern: 'build' }, ''],
    ['those for which all of it holds', { pattern: 'Review', workflowName: 'builder', repository: '/blog' }, '3'],
    ['not the run that says it, nor the one that it was started from', { within: id('3') }, '14'],
    ['all, where nobody knows the run that says it', { within: id('9') }, '1234'],
  ])('are %s', (_, selection, expected) => {
    expect(selectRuns(runs, selection).map(({ runId }) => runId)).toEqual(Array.from(expected, id));
  });
});
