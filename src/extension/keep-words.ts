import { describeKeepReason } from '../core/messages.ts';
import type { KeepReason } from '../core/removal.ts';
import type { Translate } from '../core/translate.ts';

/** Why a worktree stays. While its run is under way everything else goes without saying. */
export function keepWords(reasons: readonly KeepReason[], translate: Translate): string {
  const active = reasons.find(({ code }) => code === 'active');
  const told = active === undefined ? reasons : [active];
  return told.map((reason) => describeKeepReason(reason, translate)).join('; ');
}
