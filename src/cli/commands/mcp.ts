import { isRunId } from '../../core/run-id.ts';
import { describeError, plainEnglish } from '../../core/messages.ts';
import { detailOf, isWardenError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { withInterruption } from '../interruption.ts';
import { oneLine } from '../output.ts';
import { provideWatch } from '../provide-watch.ts';

export const mcp = defineCommand({
  name: 'mcp',
  summary: 'be an MCP server on standard input and output',
  usage: '',
  operands: { minimum: 0, maximum: 0 },
  options: {},
  notes: [
    'For agents and editors: it is started by them. Calls that name no repository are about the one of --repo, or of the',
    'folder in which it was started. In a run, what it starts is started by that run.',
  ],
  async execute({ directory, environment, output, open }) {
    const { serveMcp } = await import('../../server/mcp/serve-mcp.ts');
    const runId = environment['WARDEN_RUN_ID'] ?? '';
    return withInterruption(async (interrupted) => {
      await serveMcp(
        {
          open: () => open('mcp'),
          directory,
          runId: isRunId(runId) ? runId : null,
          provideWatch,
          input: process.stdin,
          output: process.stdout,
          diagnostics: { failed: (during, error) => output.tell(oneLine(`${during}: ${wordsOf(error)}`)) },
        },
        AbortSignal.any([interrupted, output.closed]),
      );
      return 0;
    });
  },
});

function wordsOf(error: unknown): string {
  return isWardenError(error) ? describeError(error, plainEnglish) : detailOf(error);
}
