import { describeStopProgress, plainEnglish } from '../core/messages.ts';
import type { StopProgress } from '../core/stop-progress.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { oneLine, type Output } from './output.ts';

const lookMilliseconds = 1_000;

/** While a run may be ended by `work`, who watches a terminal is told of each stage that takes a moment. */
export async function tellStopping<Result>(
  supervisor: Supervisor,
  runId: string,
  output: Output,
  work: Promise<Result>,
): Promise<Result> {
  let told: string | null = null;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { run, stopping } = await supervisor.status(runId);
      const stage = stopping === null ? null : stageOf(stopping);
      if (stopping === null || stage === told) return;
      told = stage;
      output.progress(`${run.runId}: ${oneLine(describeStopProgress(stopping, plainEnglish))}`);
    } catch {
      // What is wrong is told by the work itself.
    } finally {
      isLooking = false;
    }
  };
  const timer = output.isWatched ? setInterval(() => void look(), lookMilliseconds) : null;
  try {
    return await work;
  } finally {
    if (timer !== null) clearInterval(timer);
  }
}

function stageOf(progress: StopProgress): string {
  return progress.kind === 'survivors' ? progress.kind : `${progress.stage} ${progress.sections.length}`;
}
