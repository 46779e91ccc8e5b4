import { describe, expect, it } from 'vitest';
import type { KeepReason } from '../../../src/core/removal.ts';
import { cleanupChoices } from '../../../src/extension/cleanup-choices.ts';
import { worktreeItem } from '../../../src/extension/worktree-item.ts';
import { aRun, killedAt } from '../core/a-run.ts';
import { runId } from '../core/a-process.ts';

const entry = (reasons: readonly KeepReason[]) => ({
  worktree: {
    path: '/home/dev/shop.worktrees/builder-010203040506',
    runId,
    repository: '/home/dev/shop',
    branch: 'warden/builder/010203040506',
    head: 'c0ffee',
    exists: true,
    lock: null,
    dirtyFiles: 0,
    unpushed: 0,
    merged: false,
    bytes: null,
    operation: null,
    restored: null,
  },
  run: aRun({ status: 'completed', endedAt: killedAt }),
  bytes: 1500,
  reasons,
});

const tooYoung = { code: 'too_young', hours: 1, maxAgeHours: 48 } as const;
const occupied = { code: 'occupied', pid: 7, name: 'vim' } as const;

describe('the cleanup picker', () => {
  it('tells what may go from what goes only if somebody insists and what stays', () => {
    const choices = cleanupChoices([entry([]), entry([tooYoung]), entry([tooYoung, occupied])], killedAt + 3_600_000);
    expect(choices.map(({ verdict }) => verdict)).toEqual(['safe', 'unsafe', 'kept']);
    expect(choices[2]).toMatchObject({
      label: 'builder-010203040506',
      description: '1.5 kB · 1 h old',
      detail: 'its run ended 1 h ago (kept for 2 d); process 7 (vim) works in it',
    });
  });
});

describe('the tree of worktrees', () => {
  it('says whether a worktree can be removed, or why not', () => {
    expect(worktreeItem(entry([]), null).description).toBe('1.5 kB · clean · can be removed');
    expect(worktreeItem(entry([occupied]), 'shop').description).toBe(
      'shop · 1.5 kB · clean · kept: process 7 (vim) works in it',
    );
  });
});
