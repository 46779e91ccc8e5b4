import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { SetupRequest } from '../core/ports/executor.ts';

/**
 * Runs a command to its end, its output appended to a file: to the file itself and not through a pipe, which a process
 * that the command leaves behind would hold open for ever.
 * @returns null when it succeeded, else how it ended
 */
export async function runToEnd(request: SetupRequest): Promise<string | null> {
  const [program, ...parameters] = request.argv;
  const output = await open(request.outputFile, 'a', 0o600);
  try {
    const child = spawn(program, parameters, {
      cwd: request.workingDirectory,
      env: request.environment,
      stdio: ['ignore', output.fd, output.fd],
      signal: request.signal,
      windowsHide: true,
    });
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (exitCode === 0) return null;
    return `"${request.argv.join(' ')}" ${signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await output.close();
  }
}
