import { runJson } from '../core/run-json.ts';
import { describeDuration, plainEnglish } from '../core/messages.ts';
import type { RunReport, Supervisor } from '../supervisor/supervisor.ts';
import { interruptedExitCode, withInterruption } from './interruption.ts';
import type { Output } from './output.ts';
import { runSentence } from './run-text.ts';

/**
 * Waits until a run is over and prints it.
 * @param timeoutMilliseconds after which it is printed as it is then
 * @returns the exit code: 0 only when it completed
 */
export function waitForRun(
  open: () => Promise<Supervisor>,
  output: Output,
  runId: string,
  timeoutMilliseconds = Infinity,
): Promise<number> {
  return withInterruption(async (interrupted) => {
    const late = new AbortController();
    const timer = Number.isFinite(timeoutMilliseconds) ? setTimeout(() => late.abort(), timeoutMilliseconds) : null;
    const supervisor = await open();
    try {
      const report = await output.during(
        `waiting for ${runId}; Ctrl+C stops the waiting, not the run`,
        supervisor.wait(runId, AbortSignal.any([interrupted, late.signal])),
      );
      await print(report, output);
      return report.run.status === 'completed' ? 0 : 1;
    } catch (error) {
      if (interrupted.aborted) {
        output.tell(`stopped waiting; ${runId} goes on`);
        return interruptedExitCode;
      }
      if (!late.signal.aborted) throw error;
      output.tell(`${runId} is not over after ${describeDuration(timeoutMilliseconds, plainEnglish)}; it goes on`);
      await print(await supervisor.status(runId), output);
      return 1;
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  });
}

function print(report: RunReport, output: Output): Promise<void> {
  return output.print(runJson(report.run, report), runSentence(report.run));
}
