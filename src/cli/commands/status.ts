import { runJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { runDetails } from '../run-text.ts';

export const status = defineCommand({
  name: 'status',
  summary: 'tell all that is known of a run',
  usage: 'RUN',
  operands: { minimum: 1, maximum: 1 },
  options: {},
  async execute({ operands: [runId = ''], output, open }) {
    const report = await (await open()).status(runId);
    await output.print(runJson(report.run, report), runDetails(report, Date.now(), output));
    return 0;
  },
});
