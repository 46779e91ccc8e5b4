import { describe, expect, it } from 'vitest';
import { restartChoices } from '../../../src/extension/restart-choices.ts';

const worktree = { path: '/x', branch: 'b' };
const checkpoint = { ref: 'ref', number: 1, commit: 'c', why: null, at: 0, files: null, operation: null };

describe('the choices of a restart', () => {
  it.each([
    ['no work', { worktree }, 0, [], [undefined]],
    ['no worktree and no checkpoint', { worktree: null }, 0, [], [undefined]],
    ['changes', { worktree }, 2, [], [undefined, 'worktree', { checkpoint: null }]],
    ['a checkpoint only', { worktree: null }, 0, [checkpoint], [undefined, { checkpoint: null }]],
  ])('with %s', (_, run, files, checkpoints, expected) => {
    expect(restartChoices(run, files, checkpoints).map(({ resume }) => resume)).toEqual(expected);
  });
});
