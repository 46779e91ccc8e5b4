import { defaultMaxAgeHours } from '../supervisor/cleanup.ts';
import { startWatch } from '../start-watch.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

const watchIntervalSeconds = 60;

/**
 * Starts `warden watch` where nobody watches, so that limits are kept, retries made and queued runs started once this
 * command has ended. It ends by itself with the last run. `WARDEN_NO_WATCH` keeps it from being started.
 * @throws the system's own error when it cannot be started
 */
export async function provideWatch(supervisor: Supervisor): Promise<void> {
  const [, entry] = process.argv;
  if (entry === undefined || (process.env['WARDEN_NO_WATCH'] ?? '') !== '') return;
  if ((await supervisor.watcher()) !== null) return;
  startWatch({ entry, intervalSeconds: watchIntervalSeconds, mayLaunch: true, maxAgeHours: defaultMaxAgeHours });
}
