import { describe, expect, it } from 'vitest';
import { type EndingFacts, endingOf } from '../../../src/core/ending.ts';
import { exitRecordIn } from '../../../src/core/exit-record.ts';
import { aMember } from './a-process.ts';

const wrapper = aMember(100, 'wrapper');
const command = aMember(101, 'command');
const child = aMember(102);
const record = { exitCode: 0, signal: null, endedAt: 5 };

describe('a look at a run', () => {
  it.each<[string, EndingFacts, string]>([
    ['finds all of it', { sameBoot: true, record: null, members: [wrapper, command, child] }, 'goes_on'],
    [
      'finds the wrapper alone, which is about to record the exit',
      { sameBoot: true, record: null, members: [wrapper] },
      'goes_on',
    ],
    [
      'finds that the command is gone, before the wrapper has recorded its exit',
      { sameBoot: true, record: null, members: [wrapper, child] },
      'goes_on',
    ],
    ['finds the command without its wrapper', { sameBoot: true, record: null, members: [command] }, 'goes_on'],
    [
      'finds an exit and processes that stayed behind',
      { sameBoot: true, record, members: [wrapper, child] },
      'leftovers',
    ],
    [
      'finds processes that lost both wrapper and command',
      { sameBoot: true, record: null, members: [child] },
      'leftovers',
    ],
    ['finds nobody, and the exit', { sameBoot: true, record, members: [] }, 'over'],
    ['finds nobody, and no exit', { sameBoot: true, record: null, members: [] }, 'over'],
    ['comes after the machine was started anew', { sameBoot: false, record: null, members: [] }, 'other_boot'],
  ])('%s', (_, facts, kind) => {
    expect(endingOf(facts).kind).toBe(kind);
  });
});

describe('the exit record', () => {
  it('holds the exit code and, with blanks behind, is as long as it was made', () => {
    expect(exitRecordIn('exit 0\n', 5)).toEqual(record);
    expect(exitRecordIn(`exit 143\n${' '.repeat(4_000)}`, 5)).toEqual({ exitCode: 143, signal: null, endedAt: 5 });
  });

  it.each(['', ' '.repeat(4_096), '\0'.repeat(4_096), 'exit', 'exit 1', 'exit \n', 'exit x\n', 'exit 1234\n'])(
    'is unknown, never 0, when it reads %j',
    (text) => {
      expect(exitRecordIn(text, 5)).toBeNull();
    },
  );
});
