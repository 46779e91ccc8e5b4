import type { Alert } from '../core/alerts.ts';
import type { Health } from '../core/health.ts';
import { observed, type Observed, unknown } from '../core/impact.ts';
import type { Metrics } from '../core/metrics.ts';
import type { World } from './world.ts';

/** What monitoring asks for. @param active health of the runs that are not over */
export async function metricsOf(
  { store }: Pick<World, 'store'>,
  active: readonly Health[],
  alerts: readonly Alert[],
): Promise<Metrics> {
  const health = { healthy: 0, warning: 0, critical: 0 };
  for (const { level } of active) health[level] += 1;
  return { counts: await store.counts(), health, orphans: orphansIn(alerts) };
}

function orphansIn(alerts: readonly Alert[]): Observed<number> {
  for (const alert of alerts) {
    if (alert.code === 'not_known' && alert.about === 'orphans') return unknown(alert.detail);
    if (alert.code === 'orphans') return observed(alert.orphans.length);
  }
  return observed(0);
}
