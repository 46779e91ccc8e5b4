import { describe, expect, it } from 'vitest';
import { type CheckpointContents, checkpointMessage, readCheckpointMessage } from '../../../src/core/checkpoint.ts';
import { isRunId } from '../../../src/core/run-id.ts';

const runId = 'run_010203040506';
if (!isRunId(runId)) throw new RangeError('no run id');

const contents: CheckpointContents = {
  runId,
  why: 'kill',
  head: 'aaaa',
  branch: 'refs/heads/warden/builder/010203040506',
  staged: 'bbbb',
  state: 'cccc',
  operation: 'rebase',
  files: 3,
  ignored: [],
  nested: [],
  left: [],
};

describe('the message of a checkpoint', () => {
  it('tells what is in it, and what is not', () => {
    const ignored = [
      { path: 'small', bytes: 10, isAtLeast: false },
      { path: 'node_modules/', bytes: 2_000_000, isAtLeast: true },
      { path: 'two\nlines', bytes: 20, isAtLeast: false },
    ];
    expect(checkpointMessage({ ...contents, ignored, nested: ['nested'], left: ['dddd'] }))
      .toBe(`workflow-warden ${runId}: checkpoint

Not in it, since git ignores it:
  "node_modules/" more than 2 MB
  "two\\nlines" 20 B
  "small" 10 B

Not in it, since it is a repository of its own whose work is nowhere else:
  "nested"

Commits that HEAD had left and no branch holds:
  dddd

Run: ${runId}
Why: kill
Head: aaaa
Branch: refs/heads/warden/builder/010203040506
Staged: bbbb
State: cccc
Operation: rebase
Files: 3
`);
  });

  it('lists no more ignored paths than anybody reads, the largest ones', () => {
    const ignored = Array.from({ length: 1_000 }, (_, bytes) => ({ path: 'x'.repeat(5_000), bytes, isAtLeast: false }));
    const message = checkpointMessage({ ...contents, ignored });
    expect(message.length).toBeLessThan(20_000);
    expect(message).toContain('999 B');
    expect(message).toContain('and 950 smaller');
  });

  it('is read back', () => {
    const told = readCheckpointMessage(checkpointMessage(contents), ['aaaa', 'bbbb', 'cccc']);
    const { head, staged, state, why, files, operation, branch } = contents;
    expect(told).toEqual({ head, staged, state, why, files, operation, branch });
  });

  it('of a branch without a commit is read back', () => {
    const unborn = { ...contents, head: null, state: null, operation: null };
    expect(readCheckpointMessage(checkpointMessage(unborn), ['bbbb'])).toMatchObject({
      head: null,
      staged: 'bbbb',
      state: null,
      operation: null,
    });
  });

  it('that somebody else wrote, or that names other commits, tells what its parents do', () => {
    const nothing = { staged: null, state: null, why: null, files: null, operation: null, branch: null };
    expect(readCheckpointMessage('by hand\n\nWhy: because\nStaged: dddd', ['aaaa'])).toEqual({
      head: 'aaaa',
      ...nothing,
    });
    expect(readCheckpointMessage('', [])).toEqual({ head: null, ...nothing });
  });
});
