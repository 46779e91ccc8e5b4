import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../core/run.ts';
import { isTerminal } from '../../core/run-status.ts';
import type { LaunchOptions } from '../../supervisor/launch.ts';
import type { RunReport } from '../../supervisor/supervisor.ts';
import type { ToolContext } from './tool.ts';

/** Clients give up on a call after a minute, and a setup command may take longer: the launch goes on all the same. */
const longestWaitMilliseconds = 20_000;

type Start = (told: Required<Pick<LaunchOptions, 'onProgress' | 'isLeftInQueue'>>) => Promise<Run>;

/**
 * Starts a run and answers when it runs, waits for its turn, or is still being prepared after a while.
 * @throws WardenError what the launch throws until then
 */
export async function startSoon(
  { supervisor, provideWatch, runId: within }: ToolContext,
  start: Start,
): Promise<RunReport> {
  const accepted = Promise.withResolvers<Run>();
  const answered = new AbortController();
  const started = start({ onProgress: (_step, run) => accepted.resolve(run), isLeftInQueue: true });
  const late = sleep(longestWaitMilliseconds, undefined, { signal: answered.signal }).then(() => accepted.promise);
  // Whoever asks for the status of the run learns of what fails after the answer.
  started.catch(() => undefined);
  late.catch(() => undefined);
  try {
    const { runId } = await Promise.race([started, late]);
    const report = await supervisor.status(runId);
    // Who watches over a run watches over what that starts, too; what waits there must not wait for that.
    const isSeenTo = within !== null && report.queueWait === null;
    if (!isSeenTo && !isTerminal(report.run.status)) await provideWatch();
    return report;
  } finally {
    answered.abort();
  }
}
