import { WardenError } from '../../core/errors.ts';
import { runJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';

export const heartbeat = defineCommand({
  name: 'heartbeat',
  summary: 'say that the run lives, and what it is doing',
  usage: '[--message TEXT]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    message: { type: 'string', value: 'TEXT', description: 'what it is doing; the first 200 characters are shown' },
  },
  async execute({ options, output, open, environment }) {
    const runId = environment['WARDEN_RUN_ID'] ?? '';
    if (runId === '') throw new WardenError('not_in_a_run', { runDirectory: null, runId: null });
    const supervisor = await open();
    const { runId: known } = await supervisor.heartbeat(runId, options.message ?? null);
    if (!output.json) return 0;
    const report = await supervisor.status(known);
    // Without --json it prints nothing: that would stand in the run's own output.
    await output.print(runJson(report.run, report), '');
    return 0;
  },
});
