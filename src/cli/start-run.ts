import { detailOf, type LaunchStep } from '../core/errors.ts';
import { describeCopied, describeQueueWait, describeRunWarning, plainEnglish } from '../core/messages.ts';
import type { Run } from '../core/run.ts';
import { isRunId } from '../core/run-id.ts';
import { runJson } from '../core/run-json.ts';
import { isTerminal } from '../core/run-status.ts';
import type { LaunchOptions } from '../supervisor/launch.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { oneLine, type Output } from './output.ts';
import { interruptedExitCode, withInterruption } from './interruption.ts';
import { provideWatch } from './provide-watch.ts';
import { QueueStandIn } from './queue-stand-in.ts';
import { runSentence } from './run-text.ts';
import { waitForRun } from './wait-for-run.ts';

const stepWords: Readonly<Record<LaunchStep, string>> = {
  queue: 'accepted',
  ports: 'finding free ports for it',
  worktree: 'making its worktree',
  include: 'copying files into it',
  checkpoint: 'handing it what the run before it saved',
  setup: 'setting it up',
  start: 'starting its command',
};

/** How far the copying of files is makes a line so often. */
const copiedMilliseconds = 2_000;

type Start = (told: Required<Pick<LaunchOptions, 'onProgress' | 'onWait'>>) => Promise<Run>;

/** Starts a run and prints it, when it runs or, with `wait`, when it is over. @returns the exit code */
export async function startRun(supervisor: Supervisor, output: Output, wait: boolean, start: Start): Promise<number> {
  const { run, isCancelled } = await startInterruptibly(supervisor, output, start);
  for (const warning of run.warnings) output.tell(`warning: ${oneLine(describeRunWarning(warning, plainEnglish))}`);
  if (!isTerminal(run.status)) await seeToLimits(supervisor, output);
  if (isCancelled) output.tell(`interrupted: ${runSentence(run)}`);
  else if (wait) return waitForRun(() => Promise.resolve(supervisor), output, run.runId);
  await output.print(runJson(run, await supervisor.status(run.runId)), runSentence(run));
  if (isCancelled) return interruptedExitCode;
  // One that another has started in our place may be over by now.
  return run.status === 'running' || run.status === 'completed' ? 0 : 1;
}

/** Who watches over a run watches over what that starts, too. */
async function seeToLimits(supervisor: Supervisor, output: Output): Promise<void> {
  if (isRunId(process.env['WARDEN_RUN_ID'] ?? '')) return;
  await provideWatch(supervisor).catch((error: unknown) => output.tell(`starting warden watch: ${detailOf(error)}`));
}

/** Interrupted before it runs, it is cancelled: nothing half-made is left behind. */
function startInterruptibly(
  supervisor: Supervisor,
  output: Output,
  start: Start,
): Promise<{ readonly run: Run; readonly isCancelled: boolean }> {
  return withInterruption(async (interrupted) => {
    let accepted: Run | null = null;
    let toldAt = -Infinity;
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancel = (): void => {
      // What cannot be cancelled any more is over or was never there; the launch itself tells which.
      if (accepted !== null)
        cancelling = supervisor.kill(accepted.runId, { why: 'interrupted' }).catch(() => undefined);
    };
    interrupted.addEventListener('abort', cancel);
    using standIn = new QueueStandIn(supervisor, (error) => output.tell(`starting warden watch: ${detailOf(error)}`));
    const run = await start({
      onProgress: (step, current, copied) => {
        const isNew = accepted === null;
        accepted = current;
        if (isNew && interrupted.aborted) cancel();
        if (copied !== undefined && performance.now() - toldAt < copiedMilliseconds) return;
        toldAt = performance.now();
        const amount = copied === undefined ? '' : `: ${describeCopied(copied, plainEnglish)}`;
        output.progress(`${current.runId}: ${stepWords[step]}${amount}`);
      },
      onWait: (wait) => {
        output.progress(`${accepted?.runId}: ${describeQueueWait(wait, plainEnglish)}`);
        standIn.provideAfter(wait.place ?? 1);
      },
    });
    if (!interrupted.aborted) return { run, isCancelled: false };
    // Its command may have been let go right before.
    await cancelling;
    return { run: (await supervisor.status(run.runId)).run, isCancelled: true };
  });
}
