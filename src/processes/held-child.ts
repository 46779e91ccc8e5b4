import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { LaunchRequest } from '../core/ports/executor.ts';

export interface HeldChild {
  readonly child: ChildProcess;
  /** Rejects when it could not be started, or ended. */
  readonly failed: Promise<never>;
  readonly release: () => Promise<void>;
  readonly abandon: () => void;
}

/**
 * Starts a program of ours that waits for the line `go` on its standard input: detached, in a session of its own, output
 * to the run's file. Only that pipe ties it to us, and it is closed with `go`.
 * @param toldOn 'pipe' to hear from it on descriptor 3
 */
export async function startHeld(
  program: string,
  parameters: readonly string[],
  request: LaunchRequest,
  environment: Readonly<Record<string, string>>,
  toldOn: 'pipe' | 'ignore',
): Promise<HeldChild> {
  const output = await open(request.outputFile, 'a', 0o600);
  try {
    const stdio: StdioOptions = ['pipe', output.fd, output.fd, toldOn];
    const child = spawn(program, parameters, {
      cwd: request.workingDirectory,
      env: environment,
      detached: true,
      windowsHide: true,
      stdio,
    });
    child.unref();
    const go = child.stdin as Writable;
    // Whether it got the word is seen from its exit record; a broken pipe tells nothing more.
    go.on('error', () => undefined);
    const error = once(child, 'error').then(([reason]) => Promise.reject(reason as Error));
    const exit = once(child, 'exit').then(() =>
      Promise.reject(new Error('the wrapper ended before the command started')),
    );
    error.catch(() => undefined);
    exit.catch(() => undefined);
    const failed = Promise.race([error, exit]);
    failed.catch(() => undefined);
    return {
      child,
      failed,
      release: () => new Promise((resolve) => go.end('go\n', () => resolve())),
      abandon: () => go.destroy(),
    };
  } finally {
    await output.close();
  }
}
