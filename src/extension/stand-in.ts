import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { isToGoOn } from '../core/retry.ts';
import { activeStatuses } from '../core/run-status.ts';
import { startWatch } from '../start-watch.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { dailyMaxAgeHours } from './daily-cleanup.ts';
import { watchIntervalSeconds } from './watch-interval.ts';

/** VS Code gives a window that is being closed five seconds for everything; a database that is busy may take longer. */
const askMilliseconds = 300;

/** Among the newest of those that are over a retry is looked for. */
const endedRunsAtMost = 100;

/**
 * Sees to it that somebody watches over the runs when this window is gone: where any is alive or to be started again, or that
 * cannot be told in time, `warden watch` is started, which finds out whether it is needed. Never throws.
 * @param entry the extension's bundle
 */
export async function startStandIn(
  supervisor: SupervisorInThread,
  entry: string,
  diagnostics: Diagnostics,
): Promise<void> {
  try {
    if (!(await mayHaveWork(supervisor))) return;
    startWatch({
      entry,
      intervalSeconds: watchIntervalSeconds(),
      mayLaunch: vscode.workspace.isTrusted,
      maxAgeHours: dailyMaxAgeHours(),
    });
  } catch (error) {
    diagnostics.failed('starting warden watch', error);
  }
}

async function mayHaveWork(supervisor: SupervisorInThread): Promise<boolean> {
  const answered = new AbortController();
  const tooLate = sleep(askMilliseconds, true, { signal: answered.signal }).catch(() => true);
  const asked = hasWork(supervisor).catch(() => true);
  const mayHave = await Promise.race([asked, tooLate]);
  answered.abort();
  return mayHave;
}

async function hasWork(supervisor: SupervisorInThread): Promise<boolean> {
  if ((await supervisor.recent({ statuses: activeStatuses, limit: 1 })).length > 0) return true;
  const ended = await supervisor.recent({ limit: endedRunsAtMost });
  return ended.some(({ run, retry }) => isToGoOn(run.status, retry));
}
