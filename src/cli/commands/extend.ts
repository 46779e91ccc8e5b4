import { runJson } from '../../core/run-json.ts';
import { amount } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { timeLimitText } from '../run-text.ts';
import { UsageError } from '../usage-error.ts';

export const extend = defineCommand({
  name: 'extend',
  summary: 'give a run more time than its limit',
  usage: 'RUN --minutes N',
  operands: { minimum: 1, maximum: 1, candidates: ['active-runs'] },
  options: {
    minutes: { type: 'string', value: 'N', description: 'on top of its limit, or from now on where that has passed' },
  },
  async execute({ operands: [runId = ''], options, output, open }) {
    if (options.minutes === undefined) throw new UsageError('How much? Give --minutes N.', 'extend');
    const supervisor = await open();
    const { runId: known } = await supervisor.extend(runId, amount('minutes', options.minutes));
    const report = await supervisor.status(known);
    await output.print(runJson(report.run, report), `${known} may take ${timeLimitText(report.run)}`);
    return 0;
  },
});
