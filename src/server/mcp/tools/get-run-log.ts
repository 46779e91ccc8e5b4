import * as z from 'zod/mini';
import { plainLines } from '../../../plain-text.ts';
import { logPartSchema } from '../../answer-schemas.ts';
import { runId, wholeNumber } from '../parameters.ts';
import { defineTool, looks } from '../tool.ts';
import { wholeCharactersIn } from '../whole-characters-in.ts';

const defaultBytes = 8 * 1024;
const mostBytes = 64 * 1024;

export const getRunLog = defineTool({
  name: 'get_run_log',
  title: 'Log of a run',
  description:
    'Reads what a run has written: the end of it, or a part from a byte on. next_offset is where the next part begins.',
  input: z.strictObject({
    run_id: runId,
    log: z
      ._default(z.enum(['output', 'setup', 'teardown']), 'output')
      .check(z.meta({ description: 'Of its command, its setup command or its teardown command.' })),
    offset: z.optional(wholeNumber('First byte; the last `limit` bytes when absent.', 0, Number.MAX_SAFE_INTEGER)),
    limit: z._default(wholeNumber('At most so many bytes.', 16, mostBytes), defaultBytes),
  }),
  output: logPartSchema,
  hints: looks,
  async call({ run_id, log, offset, limit }, { supervisor }) {
    // Before its bytes are counted: of a run that is over nothing is written after that.
    const { run } = await supervisor.status(run_id);
    const total = await supervisor.logBytes(run.runId, log);
    const start = offset ?? Math.max(0, total - limit);
    const { skipped, length, text } = wholeCharactersIn(await supervisor.logs(run.runId, start, limit, log));
    const first = start + skipped;
    const next = first + length;
    return {
      document: {
        run_id: run.runId,
        log,
        status: run.status,
        offset: first,
        next_offset: next,
        // It may have grown since it was counted; behind its end nothing was read.
        total_bytes: length === 0 ? total : Math.max(total, next),
        output: text,
      },
      text: `${run.runId} (${run.workflowName}) ${run.status}: bytes ${first} to ${next} of ${total} of its ${log}`,
      lines: plainLines(text),
    };
  },
});
