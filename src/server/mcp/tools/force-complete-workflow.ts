import * as z from 'zod/mini';
import { runSchema } from '../../answer-schemas.ts';
import { reason, runId } from '../parameters.ts';
import { runAnswer } from '../run-answer.ts';
import { defineTool, ends } from '../tool.ts';

export const forceCompleteWorkflow = defineTool({
  name: 'force_complete_workflow',
  title: 'Declare a run over',
  description:
    'Ends a run that goes on although its work is done, and counts it as completed (or failed). Its processes are ended as ' +
    'by a kill.',
  input: z.strictObject({
    run_id: runId,
    as: z._default(z.enum(['completed', 'failed']), 'completed').check(z.meta({ description: 'What it counts as.' })),
    reason,
  }),
  output: runSchema,
  hints: ends,
  async call({ run_id, as, reason: why }, { supervisor }) {
    const { runId: known } = await supervisor.complete(run_id, {
      becomes: as,
      ...(why === undefined ? {} : { why }),
    });
    return runAnswer(await supervisor.status(known));
  },
});
