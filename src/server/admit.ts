import type { Guest } from './app.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** Who has a key. Null for everything else, which is audited. @param key null where none was shown */
export async function admit(supervisor: Supervisor, key: string | null): Promise<Guest | null> {
  const principal = await supervisor.principalOfKey(key, 'http');
  if (principal === null) return null;
  return { supervisor: supervisor.actingAs(principal), isExternal: principal.role === 'external' };
}
