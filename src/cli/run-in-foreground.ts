import { constants } from 'node:os';
import { WardenError } from '../core/errors.ts';

/** What ends a program unless it does something about it. */
const endings = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs a command with our own input and output. What would end us from now on is handed on to it: it decides.
 * @param prepare what comes first; its result is ended when the command has
 * @returns its exit code, or 128 and the number of the signal that ended it, as shells have it
 * @throws WardenError command_not_found, and what `prepare` throws
 */
export async function runInForeground(
  [program, ...parameters]: readonly [string, ...string[]],
  directory: string,
  prepare: () => Promise<{ end(): void }>,
): Promise<number> {
  const received: NodeJS.Signals[] = [];
  let handOn = (signal: NodeJS.Signals): void => void received.push(signal);
  const listener = (signal: NodeJS.Signals): void => handOn(signal);
  for (const signal of endings) process.on(signal, listener);
  try {
    const prepared = await prepare();
    try {
      const { execa } = await import('execa');
      const child = execa(program, parameters, { cwd: directory, stdio: 'inherit', reject: false, cleanup: false });
      handOn = (signal) => {
        // A terminal tells everyone in the foreground itself.
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      };
      for (const signal of received) handOn(signal);
      const { exitCode, signal, code } = await child;
      if (code === 'ENOENT') throw new WardenError('command_not_found', { command: program });
      return exitCode ?? (signal === undefined ? 1 : 128 + constants.signals[signal]);
    } finally {
      prepared.end();
    }
  } finally {
    for (const signal of endings) process.off(signal, listener);
  }
}
