import type { Member } from './membership.ts';
import type { ExitRecord } from './run.ts';

/** What a look says about the end of a run. */
export type Ending =
  | { readonly kind: 'goes_on' }
  /** The command is over, but some of its processes live: they are ended before the run is over. */
  | { readonly kind: 'leftovers'; readonly record: ExitRecord | null }
  /** Nobody is left. */
  | { readonly kind: 'over'; readonly record: ExitRecord | null }
  /** Nobody is left: the machine was started anew since. */
  | { readonly kind: 'other_boot'; readonly record: ExitRecord | null };

export interface EndingFacts {
  readonly sameBoot: boolean;
  /** Read after the look, so that an exit between the two is not taken for a disappearance. */
  readonly record: ExitRecord | null;
  readonly members: readonly Member[];
}

export function endingOf({ sameBoot, record, members }: EndingFacts): Ending {
  if (!sameBoot) return { kind: 'other_boot', record };
  if (members.length === 0) return { kind: 'over', record };
  // The wrapper writes the record and leaves; until it has, the exit code is on its way.
  if (record !== null) return { kind: 'leftovers', record };
  const leads = members.some(({ role }) => role !== 'member');
  return leads ? { kind: 'goes_on' } : { kind: 'leftovers', record: null };
}
