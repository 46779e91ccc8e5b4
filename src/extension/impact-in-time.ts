import { setTimeout as sleep } from 'node:timers/promises';
import type { Impact } from '../core/impact.ts';
import type { RunId } from '../core/run-id.ts';
import type { Warden } from './warden.ts';

/** Who wants a run ended does not wait longer to be asked about it. */
const patienceMilliseconds = 2_000;

/** What the kill of a run would cut off; null when it cannot be told soon. */
export async function impactInTime({ access }: Warden, runId: RunId): Promise<Impact | null> {
  const supervisor = await access.get();
  const patience = new AbortController();
  const tooLate = sleep(patienceMilliseconds, null, { signal: patience.signal }).catch(() => null);
  try {
    const impacts = await Promise.race([supervisor.impactOf([runId]), tooLate]);
    return impacts?.[0] ?? null;
  } finally {
    patience.abort();
  }
}
