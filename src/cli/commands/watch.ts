import { setTimeout as sleep } from 'node:timers/promises';
import { activeStatuses } from '../../core/run-status.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { amount } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { withInterruption } from '../interruption.ts';
import { UsageError } from '../usage-error.ts';

const defaultIntervalSeconds = 60;

/** How often it is looked whether a run is left. */
const lookMilliseconds = 500;

export const watch = defineCommand({
  name: 'watch',
  summary: 'watch over the runs, as a window of VS Code does, until none is left or it is interrupted',
  usage: '[--interval SECONDS]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    interval: { type: 'string', value: 'SECONDS', description: `longest time between two looks; 60` },
  },
  async execute({ options, output, open }) {
    const seconds = options.interval === undefined ? defaultIntervalSeconds : amount('interval', options.interval);
    if (seconds <= 0) throw new UsageError('--interval must be more than 0 seconds.', 'watch');
    const supervisor = await open('watch');
    return withInterruption(async (interrupted) => {
      supervisor.startWatching(seconds * 1000);
      output.progress('watching; Ctrl+C ends it');
      await untilNoneIsLeft(supervisor, interrupted);
      await output.print(
        { ended: interrupted.aborted ? 'interrupted' : 'no_active_run' },
        interrupted.aborted ? 'Interrupted.' : 'No run is left.',
      );
      return 0;
    });
  },
});

/** Twice in a row: between the end of a run and the start of the one in its place there is none. */
async function untilNoneIsLeft(supervisor: Supervisor, interrupted: AbortSignal): Promise<void> {
  for (let empty = 0; empty < 2 && !interrupted.aborted;) {
    const active = await supervisor.recent({ statuses: activeStatuses, limit: 1 });
    empty = active.length === 0 ? empty + 1 : 0;
    await sleep(lookMilliseconds, undefined, { signal: interrupted }).catch(() => undefined);
  }
}
