import type { RunLog } from '../core/ports/run-folders.ts';
import type { ProcessIdentity } from '../core/process-identity.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

export interface TimeBoxedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: RunLog;
  readonly limitMilliseconds: number;
  readonly signal: AbortSignal;
  readonly onStarted: (command: ProcessIdentity) => Promise<void>;
}

export interface CommandFailure {
  /** How it ended, its last words, and where its log is. */
  readonly detail: string;
}

/**
 * Runs a command beside the one of a run, with a log of its own and for so long at most. What is left of it, when its
 * time is up too, is ended by the caller.
 * @returns null when it succeeded in time
 * @throws the signal's reason when aborted
 */
export async function runTimeBoxed(
  world: World,
  { runId }: Run,
  { log, limitMilliseconds, signal, ...command }: TimeBoxedCommand,
): Promise<CommandFailure | null> {
  const outputFile = world.folders.logFileOf(runId, log);
  const late = new AbortController();
  const ended = new AbortController();
  const timer = world.clock.sleep(limitMilliseconds, ended.signal).then(
    () => late.abort(),
    () => undefined,
  );
  let how: string | null;
  try {
    how = await world.executor.runToEnd({ ...command, outputFile, signal: AbortSignal.any([signal, late.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    if (!late.signal.aborted) throw error;
    how = `"${command.argv.join(' ')}" did not end within ${durationWords(limitMilliseconds)}`;
  } finally {
    ended.abort();
    await timer;
  }
  signal.throwIfAborted();
  if (how === null) return null;
  const lastLine = await world.folders.lastLine(runId, log);
  return { detail: `${how}${lastLine === null ? '' : `: ${lastLine}`} (see ${outputFile})` };
}

function durationWords(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  return Number.isInteger(minutes) ? `${minutes} min` : `${milliseconds / 1000} s`;
}
