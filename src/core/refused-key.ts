import type { RunId } from './run-id.ts';

/** Why somebody was not let in. He is told none of it. */
export type KeyRefusal =
  | { readonly kind: 'no_key' }
  /** One that was never made, or of a run that there is not. */
  | { readonly kind: 'wrong_key' }
  /** It was right until then. */
  | { readonly kind: 'revoked_key'; readonly keyId: string }
  /** It is not the token of that run, or the run is over. */
  | { readonly kind: 'wrong_token'; readonly runId: RunId };

/** More ids are not named in one entry. */
const mostIds = 10;

/** Those of one kind that are told by one entry of the audit log: so many that come at once must not fill it. */
export interface RefusedKeys {
  readonly times: number;
  /** When the first of them came, in epoch milliseconds. */
  readonly since: number;
  /** Of revoked keys, or of runs. What was shown is never kept. */
  readonly ids: readonly string[];
}

/** @param before those that are to be told with it; null when it is the first */
export function withRefusal(before: RefusedKeys | null, refusal: KeyRefusal, now: number): RefusedKeys {
  const { times, since, ids } = before ?? { times: 0, since: now, ids: [] };
  const id = refusal.kind === 'revoked_key' ? refusal.keyId : refusal.kind === 'wrong_token' ? refusal.runId : null;
  const isNew = id !== null && !ids.includes(id) && ids.length < mostIds;
  return { times: times + 1, since, ids: isNew ? [...ids, id] : ids };
}
