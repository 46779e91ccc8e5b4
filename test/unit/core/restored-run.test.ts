import { expect, test } from 'vitest';
import { restoredRun } from '../../../src/core/restored-run.ts';
import { aRun } from './a-run.ts';

const over = aRun({ status: 'killed', endedAt: 9 });
const lost = aRun({ process: null, launcher: null });

test('a run that the backup does not know is as its folder tells', () => {
  expect(restoredRun(null, lost)).toEqual(lost);
});

test('what happened since the backup is in the folder', () => {
  expect(restoredRun(aRun(), over)).toEqual(over);
  expect(restoredRun(aRun({ status: 'pending', process: null }), aRun())).toEqual(aRun());
});

test('a run that was over stays over, and stays what it was', () => {
  expect(restoredRun(over, lost)).toEqual(over);
  expect(restoredRun(over, aRun({ status: 'failed', endedAt: 8, exitCode: 3 }))).toEqual(over);
  expect(restoredRun(over, { ...over, snoozedUntil: 5 })).toMatchObject({ snoozedUntil: 5 });
});

test('a run whose folder has lost its state is known by its processes of then', () => {
  expect(restoredRun(aRun(), lost)).toEqual(aRun());
  expect(restoredRun(aRun({ status: 'pending', process: null, worktree: null }), lost)).toEqual(lost);
});
