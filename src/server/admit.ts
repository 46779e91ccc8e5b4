import type { Principal } from '../core/permission.ts';
import { isRunId } from '../core/run-id.ts';
import type { Guest } from './app.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/**
 * Who has a key: one that was made by `warden key create`, or that of a run, which is its id, a dot and
 * its token. Null for everything else.
 */
export async function admit(supervisor: Supervisor, key: string): Promise<Guest | null> {
  const principal = await principalOf(supervisor, key);
  if (principal === null) return null;
  return { supervisor: supervisor.actingAs(principal), isExternal: principal.role === 'external' };
}

async function principalOf(supervisor: Supervisor, key: string): Promise<Principal | null> {
  const [, runId = '', token = ''] = /^(run_[0-9a-f]{12})\.(.+)$/.exec(key) ?? [];
  if (!isRunId(runId)) return supervisor.principalOfKey(key, 'http');
  const run = await supervisor.principalOfRun({ runId, token, face: 'http' });
  return run?.role === 'run' && run.isProved ? run : null;
}
