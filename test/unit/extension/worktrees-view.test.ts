import { describe, expect, it, test } from 'vitest';
import type { KeepReason } from '../../../src/core/removal.ts';
import { budgetLines, diskTotal } from '../../../src/extension/disk-words.ts';
import { keptItem } from '../../../src/extension/kept-item.ts';
import { otherWorktreeItem } from '../../../src/extension/other-worktree-item.ts';
import { removalQuestion } from '../../../src/extension/removal-question.ts';
import { worktreeItem } from '../../../src/extension/worktree-item.ts';
import { worktreeSectionOf, worktreesInOrder } from '../../../src/extension/worktree-order.ts';
import { worktreeSectionItem } from '../../../src/extension/worktree-section-item.ts';
import { runId } from '../core/a-process.ts';
import { aRun, killedAt } from '../core/a-run.ts';
import { worktreeEntry } from './worktree-entry.ts';

const young = { code: 'too_young', hours: 1, maxAgeHours: 48 } as const;
const dirty = { code: 'dirty', files: 3 } as const;
const occupied = { code: 'occupied', pid: 7, name: 'vim' } as const;
const active = { code: 'active', status: 'running' } as const;

describe('the tree of worktrees', () => {
  test.each<[string, readonly KeepReason[]]>([
    ['removable', []],
    ['decide', [dirty]],
    ['decide', [young, { code: 'operation', operation: 'rebase' }]],
    ['stays', [young]],
    ['stays', [dirty, occupied]],
    ['stays', [active]],
  ])('has in "%s" one with the reasons %j', (section, reasons) => {
    expect(worktreeSectionOf({ reasons })).toBe(section);
  });

  it('has the largest first in each section', () => {
    const sizes = worktreesInOrder([
      worktreeEntry([], { bytes: 1 }),
      worktreeEntry([], { bytes: 3, path: '/b' }),
      worktreeEntry([], { bytes: 3, path: '/a' }),
    ]);
    expect(sizes.map(({ worktree }) => worktree.path).slice(0, 2)).toEqual(['/a', '/b']);
  });

  it('shows those of others and those for runs to come, and that nothing happens to them', () => {
    const foreign = otherWorktreeItem({ path: '/r.worktrees/theirs', branch: 'theirs', kind: 'foreign' }, null);
    expect(foreign).toMatchObject({
      label: 'theirs',
      description: 'theirs · somebody else made it, and it is never touched',
      contextValue: 'other',
    });
    const prepared = otherWorktreeItem({ path: '/r.worktrees/.pool-1', branch: null, kind: 'prepared' }, 'r');
    expect(prepared.description).toBe('r · prepared for a run to come');
  });

  it('tells sections with how many there are in them', () => {
    expect(worktreeSectionItem('decide', 2)).toMatchObject({
      label: 'For You to Decide',
      description: '2',
      accessibleLabel: 'For You to Decide, 2',
    });
  });

  it('says what each takes of the disk and why it stays; what passes by itself last', () => {
    const item = worktreeItem(worktreeEntry([young, dirty]), null);
    expect(item.label).toBe('builder · 1.5 kB');
    expect(item.description).toBe('3 files are not committed; its run ended 1 h ago (kept for 2 d)');
    expect(worktreeItem(worktreeEntry([occupied]), 'shop').description).toBe(
      'shop · clean · process 7 (vim) works in it',
    );
    const restored = { checkpoint: 'refs/warden/checkpoints/x/1', at: 0 };
    expect(worktreeItem(worktreeEntry([], { restored }), null).description).toBe('restored · clean');
    const unknown = { ...worktreeEntry([{ code: 'unknown_run' }]), run: null, bytes: null };
    expect(worktreeItem(unknown, null).label).toBe('builder-010203040506');
  });

  it('says where its commits are, unless its run is under way', () => {
    const words = (...entry: Parameters<typeof worktreeEntry>) =>
      worktreeItem(worktreeEntry(...entry), null).description;
    expect(words([], { merged: true })).toBe('clean · its commits are merged');
    expect(words([dirty], { merged: true })).toBe('its commits are merged · 3 files are not committed');
    expect(words([], { unpushed: 2 })).toBe('clean · 2 commits are on its branch alone');
    expect(words([active], { unpushed: 2 })).not.toContain('commits');
  });

  it('says in words whether it can be removed, for those who do not see the section', () => {
    const words = (reasons: readonly KeepReason[]) => worktreeItem(worktreeEntry(reasons), null).accessibleLabel;
    expect(words([])).toBe('builder · 1.5 kB, clean, can be removed, builder-010203040506');
    expect(words([dirty])).toContain(', can be removed if you insist,');
    expect(words([active])).toContain(', stays,');
  });

  it('tells all reasons in the tooltip, also those that go without saying in the row', () => {
    const item = worktreeItem(worktreeEntry([active, dirty]), null);
    expect(item.description).toContain('its run is not over (running)');
    expect(item.description).not.toContain('3 files');
    expect(item.tooltip).toContain(String.raw`- its run is not over \(running\)`);
    expect(item.tooltip).toContain('- 3 files are not committed');
    expect(item.tooltip).toContain(String.raw`| Disk | 1\.5 kB |`);
    expect(item.tooltip).toContain('| Commits only here | 0 |');
  });

  it('offers for each what can be done with it, and shows each kind by a shape of its own', () => {
    const items = [[], [dirty], [young], [active]].map((reasons) => worktreeItem(worktreeEntry(reasons), null));
    expect(items.map(({ contextValue }) => contextValue)).toEqual([
      'worktree there known keepable removable',
      'worktree there known keepable removable',
      'worktree there known keepable removable',
      'worktree there known keepable',
    ]);
    expect(items.map(({ icon }) => icon.id)).toEqual(['trash', 'edit', 'folder', 'play-circle']);
    const gone = worktreeItem({ ...worktreeEntry([], { exists: false }), run: null }, null);
    expect(gone.contextValue).toBe('worktree removable');
    expect(gone.description).toContain('folder is gone');
  });
});

test('a run whose worktree has gone is shown with the checkpoints that keep its work', () => {
  const run = aRun({ status: 'completed', endedAt: killedAt });
  const checkpoint = { ref: 'refs/warden/checkpoints/x/1', commit: 'c0ffee', files: 3, operation: null } as const;
  const checkpoints = [
    { ...checkpoint, number: 1, why: 'by_hand', at: killedAt },
    { ...checkpoint, number: 2, why: 'removal', at: killedAt + 3_600_000 },
  ] as const;
  const item = keptItem({ run, checkpoints }, null, killedAt + 7_200_000);
  expect(item).toMatchObject({
    id: `kept ${runId}`,
    label: 'builder · 2 h',
    description: '2 checkpoints',
    contextValue: 'kept known',
    accessibleLabel: 'builder, 2 h ago, 2 checkpoints',
  });
  expect(item.tooltip).toMatch(
    /Checkpoint 2, 1 h ago: before the worktree was removed[^]*Checkpoint 1, 2 h ago: by hand/,
  );
});

test('before a worktree goes, what is lost and what is kept are told', () => {
  const { message, detail } = removalQuestion(worktreeEntry([]));
  expect(message).toBe('Remove builder-010203040506?');
  expect(detail).toContain('It takes 1.5 kB of the disk.');
  expect(detail).toContain('Lost: what git ignores');
  expect(detail).toContain('Kept: its commits');
});

describe('the disk', () => {
  const usage = { repository: '/shop', at: 0, tookMilliseconds: 1, bytes: 1.5e9, worktrees: [] };
  const ofShop = { repository: '/shop', bytes: 1.5e9, budgetBytes: 2e9 };
  const ofAll = { repository: null, bytes: 3e9, budgetBytes: 2.5e9 };

  it('is told in all, and not before it was measured', () => {
    expect(diskTotal([{ usage: null, budgets: [] }])).toBe('');
    expect(
      diskTotal([
        { usage, budgets: [] },
        { usage, budgets: [] },
        { usage: null, budgets: [] },
      ]),
    ).toBe('3 GB');
  });

  it('is told against each budget once, those that are exceeded first', () => {
    const reports = [
      { usage, budgets: [ofShop, ofAll] },
      { usage: null, budgets: [ofAll] },
    ];
    expect(budgetLines(reports, () => null)).toEqual([
      'Warning, over budget: all repositories: 3 GB of a budget of 2.5 GB.',
      'Disk: 1.5 GB of a budget of 2 GB.',
    ]);
    expect(budgetLines(reports, () => 'shop')[1]).toBe('Disk: shop: 1.5 GB of a budget of 2 GB.');
    expect(budgetLines([{ usage, budgets: [] }], () => null)).toEqual([]);
  });
});
