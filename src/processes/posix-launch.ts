import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { HeldLaunch, LaunchRequest } from '../core/ports/executor.ts';
import { wrapperScript } from '../runner/wrapper-script.ts';
import type { ProcessTable } from './process-table.ts';

/**
 * Starts the wrapper, detached and in a session of its own, and waits until the command's process has told its pid.
 * Nothing keeps the child tied to us but the pipe on which it waits for `go`; that is closed with it.
 */
export async function launchOnPosix(table: ProcessTable, request: LaunchRequest): Promise<HeldLaunch> {
  const output = await open(request.outputFile, 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', wrapperScript, 'warden-wrapper', request.runDirectory, ...request.argv], {
      cwd: request.workingDirectory,
      env: request.environment,
      detached: true,
      stdio: ['pipe', output.fd, output.fd, 'pipe'],
    });
    child.unref();
    const go = child.stdin as Writable;
    const told = child.stdio[3] as Readable;
    // A wrapper that is gone is found out by its exit record; a broken pipe tells nothing more.
    go.on('error', () => undefined);
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    const ended = once(child, 'exit').then(() =>
      Promise.reject(new Error('the wrapper ended before the command started')),
    );
    failed.catch(() => undefined);
    ended.catch(() => undefined);
    try {
      const commandPid = await Promise.race([firstNumber(told), failed, ended]);
      const [wrapper, command] = await Promise.all([table.identify(child.pid ?? 0), table.identify(commandPid)]);
      if (wrapper === null || command === null) throw new Error('the wrapper vanished before the command started');
      return {
        wrapper,
        command,
        release: () => new Promise((resolve) => go.end('go\n', () => resolve())),
        abandon: () => go.destroy(),
      };
    } catch (error) {
      go.destroy();
      throw error;
    } finally {
      told.destroy();
    }
  } finally {
    await output.close();
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
