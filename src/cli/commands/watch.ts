import { defaultMaxAgeHours } from '../../supervisor/cleanup.ts';
import type { WatchEnd } from '../../supervisor/watch.ts';
import { amount } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { withInterruption } from '../interruption.ts';
import { UsageError } from '../usage-error.ts';

/** Limits are looked at once a minute at least. */
const longestIntervalSeconds = 60;

const words: Readonly<Record<WatchEnd, string>> = {
  interrupted: 'Interrupted.',
  no_active_run: 'No run is left.',
  window_watches: 'A window of VS Code watches.',
  command_watches: 'Another warden watch watches.',
};

export const watch = defineCommand({
  name: 'watch',
  summary: 'watch over the runs, as a window does, until none is left or a window takes over',
  usage: '[--interval SECONDS] [--if-needed] [--start-nothing] [--max-age-hours N] [--no-daily-cleanup]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    interval: {
      type: 'string',
      value: 'SECONDS',
      description: 'longest time between two looks: at most 60, and 60 when absent',
    },
    'if-needed': { type: 'boolean', description: 'also end when another warden watch watches' },
    'start-nothing': {
      type: 'boolean',
      description: 'start neither failed nor stuck runs again, and remove no worktree',
    },
    'max-age-hours': {
      type: 'string',
      value: 'N',
      description: 'the daily cleanup keeps what ended less than so long ago; 48 when absent',
    },
    'no-daily-cleanup': { type: 'boolean', description: 'leave old worktrees where they are' },
  },
  notes: ['Within a run it removes no worktree.'],
  async execute({ options, output, open, environment }) {
    const seconds = options.interval === undefined ? longestIntervalSeconds : amount('interval', options.interval);
    if (seconds <= 0 || seconds > longestIntervalSeconds)
      throw new UsageError(`--interval must be more than 0 and at most ${longestIntervalSeconds} seconds.`, 'watch');
    const { 'max-age-hours': written } = options;
    const age = written === undefined ? defaultMaxAgeHours : amount('max-age-hours', written);
    // A run may not clean up, and who watches does so as nobody.
    const isInRun = (environment['WARDEN_RUN_ID'] ?? '') !== '';
    const mayCleanUp = options['no-daily-cleanup'] !== true && !isInRun;
    const supervisor = await open('watch');
    return withInterruption(async (signal) => {
      output.progress('watching; Ctrl+C ends it');
      const ended = await supervisor.standIn({
        intervalMilliseconds: seconds * 1000,
        mayLaunch: () => options['start-nothing'] !== true,
        maxAgeHours: () => (mayCleanUp ? age : null),
        until: { anyoneElseWatches: options['if-needed'] === true },
        signal,
      });
      await output.print({ ended }, words[ended]);
      return 0;
    });
  },
});
