import { readdirSync, readFileSync } from 'node:fs';
import type { RunId } from '../../src/core/run-id.ts';

/** Processes that carry the cookie of one of these runs, zombies aside, seen from outside of the product. Linux only. */
export function runProcesses(runIds: readonly RunId[]): ReadonlyMap<RunId, readonly number[]> {
  const found = new Map<RunId, number[]>(runIds.map((runId) => [runId, []]));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const runId = cookieOf(name);
    if (runId !== null) found.get(runId)?.push(Number(name));
  }
  return found;
}

function cookieOf(pid: string): RunId | null {
  try {
    const cookie = /(?:^|\0)WARDEN_RUN_ID=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
    const zombie = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return cookie === undefined || zombie ? null : (cookie as RunId);
  } catch {
    return null;
  }
}
