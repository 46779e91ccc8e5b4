import { expect, test, vi } from 'vitest';
import { WardenError } from '../../../src/core/errors.ts';
import { cleanupWords } from '../../../src/extension/cleanup-words.ts';
import { Failures } from '../../../src/extension/failures.ts';
import { runId } from '../core/a-process.ts';

const shown = vi.hoisted(() => vi.fn(() => Promise.resolve(undefined)));

vi.mock('vscode', () => ({
  CancellationError: class extends Error {},
  l10n: {
    t: (template: string, ...values: unknown[]) =>
      template.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
  },
  window: { showErrorMessage: shown },
}));

test('what a tool says of a file becomes no link in a notification', () => {
  const failures = new Failures({ error: vi.fn() } as never);
  const detail = 'cannot open "[Retry](command:workbench.action.quit)"';
  failures.report('warden.killRun', new WardenError('git_failed', { operation: 'checkpoint', detail }));
  expect(shown).toHaveBeenCalledExactlyOnceWith(
    'Git failed (checkpoint): cannot open "[Retry] (command:workbench.action.quit)"',
    expect.anything(),
  );
});

test('after a cleanup it is told how much was freed only where all of it was measured', () => {
  const removed = (bytes: number | null) => ({
    runId,
    path: '/w/1',
    bytes,
    checkpoint: null,
    branchKept: null,
    teardownFailure: null,
  });
  const words = (...sizes: readonly (number | null)[]) =>
    cleanupWords({ dryRun: false, removed: sizes.map(removed), kept: [] });
  expect(words(1_500)).toBe('Removed one worktree (1.5 kB).');
  expect(words(1_500, 500)).toBe('Removed 2 worktrees (2 kB).');
  expect(words(1_500, null)).toBe('Removed 2 worktrees.');
  expect(words(null)).toBe('Removed one worktree.');
  const kept = [{ runId, path: '/w/2', reasons: [{ code: 'dirty', files: 3 }] }] as const;
  expect(cleanupWords({ dryRun: false, removed: [], kept })).toBe(
    'Removed 0 worktrees. Kept 1: /w/2: 3 files are not committed',
  );
});
