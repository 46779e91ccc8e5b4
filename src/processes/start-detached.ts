import { spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { runEnvironment } from './run-environment.ts';

/** A log that has grown beyond this is begun anew. */
const logBytesAtMost = 1_000_000;

export interface DetachedScript {
  readonly script: string;
  readonly parameters: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  /** What it prints is appended here. */
  readonly logFile: string;
}

/**
 * Starts a script of ours in a session of its own, with nothing that ties it to us: neither a pipe nor our terminal, our
 * working directory or what the environment says to an extension host alone. Does not wait; takes a few milliseconds.
 * @throws the system's own error when the log cannot be opened
 */
export function startDetached({ script, parameters, environment, workingDirectory, logFile }: DetachedScript): void {
  // In desktop VS Code the program that we run in is Electron.
  const asNode = process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  const log = openSync(logFile, 'a', 0o600);
  try {
    if (fstatSync(log).size > logBytesAtMost) ftruncateSync(log);
    const child = spawn(process.execPath, [script, ...parameters], {
      cwd: workingDirectory,
      env: { ...runEnvironment(environment), ...asNode },
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
    });
    // Nobody may be there any more to be told that it could not be started.
    child.on('error', () => undefined);
    child.unref();
  } finally {
    closeSync(log);
  }
}
