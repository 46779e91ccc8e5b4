import { amount } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { waitForRun } from '../wait-for-run.ts';

export const wait = defineCommand({
  name: 'wait',
  summary: 'wait until a run is over',
  usage: 'RUN [--timeout SECONDS]',
  operands: { minimum: 1, maximum: 1, candidates: ['active-runs'] },
  options: {
    timeout: { type: 'string', value: 'SECONDS', description: 'give up waiting after so long; the run goes on' },
  },
  notes: ['Exit code 0 only if it completed, else 1.'],
  execute({ operands: [runId = ''], options, output, open }) {
    const timeout = options.timeout === undefined ? Infinity : amount('timeout', options.timeout) * 1000;
    return waitForRun(open, output, runId, timeout);
  },
});
