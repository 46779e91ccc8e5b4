import { describe, expect, it } from 'vitest';
import { cleanupChoices } from '../../../src/extension/cleanup-choices.ts';
import { killedAt } from '../core/a-run.ts';
import { worktreeEntry as entry } from './worktree-entry.ts';

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
