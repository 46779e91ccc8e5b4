import type { Signal } from '../core/escalation.ts';
import type { SignalOutcome } from '../core/ports/executor.ts';

/** kill(2) on one process, its two expected refusals told apart. */
export function sendPosixSignal(pid: number, signal: Signal): SignalOutcome {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'not_permitted' : 'gone';
  }
}
