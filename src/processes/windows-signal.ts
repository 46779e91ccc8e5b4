import treeKill from 'tree-kill';
import type { Signal } from '../core/escalation.ts';
import type { SignalOutcome } from '../core/ports/executor.ts';

/**
 * Windows has no signals: whatever asks a process to end takes its tree with it (`taskkill /T /F`), since nobody could
 * find the children afterwards. Stopping and continuing do not exist there: nobody hears of it, and no report may tell so.
 */
export async function sendWindowsSignal(pid: number, signal: Signal): Promise<SignalOutcome> {
  if (signal === 'SIGCONT' || signal === 'SIGSTOP') return 'gone';
  const error = await new Promise<Error | undefined>((resolve) => treeKill(pid, signal, resolve));
  if (error === undefined) return 'sent';
  return /denied/i.test(error.message) ? 'not_permitted' : 'gone';
}
