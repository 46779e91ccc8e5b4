import {
  type Alert,
  alertsOf,
  cleanupHistoryDays,
  killHistoryDays,
  type Orphan,
  slowCleanupMilliseconds,
} from '../core/alerts.ts';
import { type Observed, observed, unknown } from '../core/impact.ts';
import { diskBudgets } from './disk-usage.ts';
import { failureWords } from './failure-words.ts';
import { orphansOf } from './orphans.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** Nobody waits longer for alerts. */
const limitMilliseconds = 5_000;

const dayMilliseconds = 86_400_000;

/** What a person should know about the whole, the gravest first. What cannot be looked at is told as such. */
export async function alerts(world: World): Promise<readonly Alert[]> {
  const now = world.clock.now();
  const history = world.store.auditHistory({
    killsSince: now - killHistoryDays * dayMilliseconds,
    cleanupsSince: now - cleanupHistoryDays * dayMilliseconds,
    slowCleanupMilliseconds,
  });
  const [seenHistory, seenOrphans, seenBudgets] = await Promise.all([
    seen(world, history),
    seen<readonly Orphan[]>(world, orphansOf(world)),
    seen(world, diskBudgets(world)),
  ]);
  return alertsOf({ history: seenHistory, orphans: seenOrphans, budgets: seenBudgets });
}

async function seen<Value>(world: World, look: Promise<Value>): Promise<Observed<Value>> {
  try {
    const value = await within(world.clock, limitMilliseconds, look);
    return value === null ? unknown('it could not be looked at in time') : observed(value);
  } catch (error) {
    return unknown(failureWords(error));
  }
}
