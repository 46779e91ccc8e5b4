import { runJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { runSentence } from '../run-text.ts';
import { tellStopping } from '../tell-stopping.ts';
import { UsageError } from '../usage-error.ts';

const outcomes = ['completed', 'failed'] as const;

export const complete = defineCommand({
  name: 'complete',
  summary: 'end a run by hand and count it as completed, or as failed',
  usage: 'RUN [--as completed|failed] [--reason TEXT]',
  operands: { minimum: 1, maximum: 1, candidates: ['active-runs'] },
  options: {
    as: { type: 'string', value: 'STATUS', candidates: outcomes, description: 'completed (when absent) or failed' },
    reason: { type: 'string', value: 'TEXT', description: 'why, for the record' },
  },
  async execute({ operands: [runId = ''], options, output, open }) {
    const becomes = outcomeIn(options.as ?? 'completed');
    const supervisor = await open();
    const { reason } = options;
    const { runId: known } = await tellStopping(
      supervisor,
      runId,
      output,
      supervisor.complete(runId, { becomes, ...(reason === undefined ? {} : { why: reason }) }),
    );
    const report = await supervisor.status(known);
    await output.print(runJson(report.run, report), runSentence(report.run));
    return 0;
  },
});

function outcomeIn(text: string): (typeof outcomes)[number] {
  const outcome = outcomes.find((one) => one === text);
  if (outcome !== undefined) return outcome;
  throw new UsageError(`"${text}" is not valid for --as. Expected: completed or failed.`, 'complete');
}
