import { isWardenError, type WardenError } from '../../core/errors.ts';
import type { KillReport } from '../../core/kill-report.ts';
import { describeAftermath, describeError, describeKill, plainEnglish } from '../../core/messages.ts';
import { errorJson, killReportJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output.ts';

export const kill = defineCommand({
  name: 'kill',
  summary: 'end runs with all their processes, and prove that none is left',
  usage: 'RUN… [--force] [--reason TEXT]',
  operands: { minimum: 1, maximum: Infinity },
  options: {
    force: { type: 'boolean', description: 'without waiting for the processes to end by themselves' },
    reason: { type: 'string', value: 'TEXT', description: 'why, for the record' },
  },
  async execute({ operands, options, output, open }) {
    const supervisor = await open();
    const request = {
      force: options.force ?? false,
      ...(options.reason === undefined ? {} : { why: options.reason }),
    };
    const runIds = [...new Set(operands)];
    const outcomes = await Promise.all(
      runIds.map((runId) =>
        // One that cannot be killed does not keep the others alive.
        supervisor.kill(runId, request).catch((error: unknown) => {
          if (runIds.length > 1 && isWardenError(error)) return { runId, error };
          throw error;
        }),
      ),
    );
    const documents = outcomes.map(documentOf);
    await output.print(
      documents.length === 1 ? documents[0] : { reports: documents },
      outcomes.flatMap(linesOf).join('\n'),
    );
    return outcomes.every((outcome) => 'success' in outcome && outcome.success) ? 0 : 1;
  },
});

type Outcome = KillReport | { readonly runId: string; readonly error: WardenError };

function documentOf(outcome: Outcome): object {
  return 'error' in outcome ? { run_id: outcome.runId, ...errorJson(outcome.error) } : killReportJson(outcome);
}

function linesOf(outcome: Outcome): readonly string[] {
  if ('error' in outcome) return [describeError(outcome.error, plainEnglish)];
  const aftermath = outcome.aftermath === null ? [] : describeAftermath(outcome.aftermath, plainEnglish);
  return [
    `${outcome.runId}: ${oneLine(describeKill(outcome, plainEnglish))}`,
    ...aftermath.map((fact) => `  ${oneLine(fact)}`),
  ];
}
