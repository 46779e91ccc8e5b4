import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/core/checkpoint.ts';
import { checkpointItem } from '../../../src/extension/checkpoint-item.ts';

const checkpoint: Checkpoint = {
  ref: 'ref',
  number: 2,
  commit: 'c0ffee',
  why: 'kill',
  at: 0,
  files: 3,
  operation: 'rebase',
};

describe('a checkpoint in a picker', () => {
  it('tells its age, what it was taken for, and what it holds', () => {
    expect(checkpointItem(checkpoint, 7_200_000)).toEqual({
      number: 2,
      label: 'Checkpoint 2, 2 h ago',
      description: 'after a kill · 3 files changed · in the middle of a rebase',
    });
  });

  it('tells nothing that is not known', () => {
    const unknown = { ...checkpoint, why: null, files: null, operation: null };
    expect(checkpointItem(unknown, 0)).toMatchObject({ label: 'Checkpoint 2, <1 min ago', description: '' });
  });
});
