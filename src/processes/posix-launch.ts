import type { Readable } from 'node:stream';
import type { HeldLaunch, LaunchRequest } from '../core/ports/executor.ts';
import { wrapperScript } from '../runner/wrapper-script.ts';
import { startHeld } from './held-child.ts';
import type { ProcessTable } from './process-table.ts';

/** Starts the shell's wrapper, and waits until the command's process has told its pid and waits in turn. */
export async function launchOnPosix(table: ProcessTable, request: LaunchRequest): Promise<HeldLaunch> {
  const parameters = ['-c', wrapperScript, 'warden-wrapper', request.runDirectory, ...request.argv];
  const held = await startHeld('/bin/sh', parameters, request, request.environment, 'pipe');
  const told = held.child.stdio[3] as Readable;
  try {
    const commandPid = await Promise.race([firstNumber(told), held.failed]);
    const [wrapper, command] = await Promise.all([table.identify(held.child.pid ?? 0), table.identify(commandPid)]);
    if (wrapper === null || command === null) throw new Error('the wrapper vanished before the command started');
    return { wrapper, command, release: held.release, abandon: held.abandon };
  } catch (error) {
    held.abandon();
    throw error;
  } finally {
    told.destroy();
  }
}

async function firstNumber(stream: Readable): Promise<number> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n')) return Number(text.trim());
  }
  throw new Error('the command did not tell its pid');
}
