import { type KeepReason, verdictOf } from '../core/removal.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';

/** The sections of the tree of worktrees, in their order. */
export const worktreeSections = ['decide', 'removable', 'stays'] as const;

export type WorktreeSection = (typeof worktreeSections)[number];

/** Reasons that do not go away by themselves: somebody looks at the work, or insists. */
const toDecide: ReadonlySet<KeepReason['code']> = new Set(['dirty', 'operation']);

export function worktreeSectionOf({ reasons }: Pick<WorktreeEntry, 'reasons'>): WorktreeSection {
  const verdict = verdictOf(reasons);
  if (verdict === 'safe') return 'removable';
  return verdict === 'unsafe' && reasons.some(({ code }) => toDecide.has(code)) ? 'decide' : 'stays';
}

/** The largest first: where the disk is full those matter most. */
export function worktreesInOrder(entries: readonly WorktreeEntry[]): readonly WorktreeEntry[] {
  return entries.toSorted(
    (one, other) => (other.bytes ?? 0) - (one.bytes ?? 0) || one.worktree.path.localeCompare(other.worktree.path),
  );
}
