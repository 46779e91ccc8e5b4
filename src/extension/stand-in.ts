import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { activeStatuses } from '../core/run-status.ts';
import { startWatch } from '../start-watch.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { dailyMaxAgeHours } from './daily-cleanup.ts';
import { watchIntervalSeconds } from './watch-interval.ts';

/** VS Code gives a window that is being closed five seconds for everything; a database that is busy may take longer. */
const askMilliseconds = 300;

/**
 * Sees to it that somebody watches over the runs when this window is gone: where any is alive, or that cannot be told in
 * time, `warden watch` is started, which finds out whether it is needed. Never throws.
 * @param entry the extension's bundle
 */
export async function startStandIn(
  supervisor: SupervisorInThread,
  entry: string,
  diagnostics: Diagnostics,
): Promise<void> {
  try {
    if (!(await mayHaveActiveRuns(supervisor))) return;
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

async function mayHaveActiveRuns(supervisor: SupervisorInThread): Promise<boolean> {
  const answered = new AbortController();
  const tooLate = sleep(askMilliseconds, true, { signal: answered.signal }).catch(() => true);
  const asked = supervisor.recent({ statuses: activeStatuses, limit: 1 }).then(
    (active) => active.length > 0,
    () => true,
  );
  const mayHave = await Promise.race([asked, tooLate]);
  answered.abort();
  return mayHave;
}
