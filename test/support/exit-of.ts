import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * How a process that we have started ends: its exit code, or the signal. To be asked for when it is started: whoever
 * listens only later waits for ever where it has ended meanwhile.
 */
export async function exitOf(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
}
