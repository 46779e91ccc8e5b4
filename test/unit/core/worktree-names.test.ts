import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workflowFileSchema } from '../../../src/core/workflow-schema.ts';
import { branchFor, worktreePathFor } from '../../../src/core/worktree-names.ts';
import { otherRunId, runId } from './a-process.ts';

function isBranch(name: string): boolean {
  return spawnSync('git', ['check-ref-format', '--branch', name]).status === 0;
}

function isAllowed(workflowName: string): boolean {
  return workflowFileSchema.safeParse({ workflows: { [workflowName]: { command: ['x'] } } }).success;
}

describe('the branch of a run', () => {
  it('is named after its workflow and its id', () => {
    expect(branchFor('builder', runId)).toBe('warden/builder/010203040506');
    expect(branchFor('my.Builder_2-x', runId)).toBe('warden/my.Builder_2-x/010203040506');
  });

  it.each(['a.', 'a..b', 'a...', 'a.lock', 'a.lock.lock', 'a..lock', 'a.lock.', 'HEAD', '0', 'a-', 'x'.repeat(64)])(
    'is one for git, even of a workflow called %s',
    (workflowName) => {
      expect(isAllowed(workflowName)).toBe(true);
      expect(isBranch(branchFor(workflowName, runId))).toBe(true);
    },
  );

  it('is one for git, whatever allowed name the workflow has', () => {
    const pieces = fc.array(fc.constantFrom('.', '..', '.lock', '-', '_', 'a', 'Z', '0', 'HEAD'), { maxLength: 8 });
    const anyName = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
      pieces.map((drawn) => `a${drawn.join('')}`),
    );
    fc.assert(
      fc.property(anyName.filter(isAllowed), (workflowName) => isBranch(branchFor(workflowName, runId))),
      { numRuns: 200 },
    );
  }, 30_000);

  it('differs between runs of the same workflow', () => {
    expect(branchFor('builder', runId)).not.toBe(branchFor('builder', otherRunId));
  });
});

describe('the worktree of a run', () => {
  it.each([
    ['/home/dev/shop', '/home/dev/shop.worktrees/builder-010203040506'],
    ['/home/dev/shop/', '/home/dev/shop.worktrees/builder-010203040506'],
    [String.raw`C:\dev\shop` + '\\', String.raw`C:\dev\shop.worktrees/builder-010203040506`],
  ])('of %s is beside it: %s', (repository, expected) => {
    expect(worktreePathFor(repository, 'builder', runId)).toBe(expected);
  });
});
