import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { CommandRequest } from '../core/ports/executor.ts';
import type { ProcessTable } from './process-table.ts';

/**
 * Runs a command to its end, its output appended to a file: to the file itself and not through a pipe, which a process
 * that the command leaves behind would hold open for ever.
 * @returns null when it succeeded, else how it ended
 * @throws the signal's reason when aborted; the command goes on until the caller ends it
 */
export async function runToEnd(table: ProcessTable, request: CommandRequest): Promise<string | null> {
  const { argv, signal } = request;
  const [program, ...parameters] = argv;
  signal.throwIfAborted();
  const output = await open(request.outputFile, 'a', 0o600);
  try {
    const child = spawn(program, parameters, {
      cwd: request.workingDirectory,
      env: request.environment,
      stdio: ['ignore', output.fd, output.fd],
      // An interruption at the terminal is for whoever decides what becomes of it.
      detached: true,
      windowsHide: true,
    });
    const ended = once(child, 'exit', { signal }) as Promise<[number | null, NodeJS.Signals | null]>;
    // What it says is waited for below, and whoever aborts does not wait for it.
    ended.catch(() => child.unref());
    const identity = child.pid === undefined ? null : await table.identify(child.pid);
    if (identity !== null) await request.onStarted(identity);
    const [exitCode, endedBy] = await ended;
    if (exitCode === 0) return null;
    return `"${argv.join(' ')}" ${endedBy === null ? `ended with exit code ${exitCode}` : `was ended by ${endedBy}`}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  } finally {
    await output.close();
  }
}
