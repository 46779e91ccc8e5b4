import { readFileSync } from 'node:fs';
import { processesOf } from './run-processes.ts';

/** What a command that a run starts would have in its environment. Linux only. */
export function withinRun(runId: string): { readonly WARDEN_RUN_ID: string; readonly WARDEN_RUN_TOKEN: string } {
  const [pid] = processesOf(runId);
  const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  const beginning = 'WARDEN_RUN_TOKEN=';
  const token = environment.find((entry) => entry.startsWith(beginning))?.slice(beginning.length);
  if (token === undefined) throw new Error(`${runId} has no token`);
  return { WARDEN_RUN_ID: runId, WARDEN_RUN_TOKEN: token };
}
