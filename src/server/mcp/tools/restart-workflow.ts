import * as z from 'zod/mini';
import { runSchema } from '../../answer-schemas.ts';
import { flag, reason, runId } from '../parameters.ts';
import { runAnswer } from '../run-answer.ts';
import { startSoon } from '../start-soon.ts';
import { defineTool } from '../tool.ts';

export const restartWorkflow = defineTool({
  name: 'restart_workflow',
  title: 'Restart a run',
  description:
    'Starts a run again: the same workflow, message and base. The old run is ended first, and the answer is the new one. ' +
    'It begins anew from the base, unless "resume" or "checkpoint" is given.',
  input: z
    .strictObject({
      run_id: runId,
      resume: flag('In the same worktree, with all that is in it.'),
      checkpoint: z.optional(
        z
          .union([z.int().check(z.gte(1)), z.literal('last')], 'Expected the number of a checkpoint, or "last"')
          .check(z.meta({ description: 'In a new worktree, with the work that this checkpoint of the run holds.' })),
      ),
      reason,
    })
    .check(
      z.refine(
        ({ resume, checkpoint }) => !resume || checkpoint === undefined,
        'Expected only one of resume and checkpoint',
      ),
    ),
  output: runSchema,
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  async call({ run_id, resume, checkpoint, reason: why }, context) {
    const report = await startSoon(context, (told) =>
      context.supervisor.restart(run_id, {
        ...told,
        ...(resume ? { resume: 'worktree' } : {}),
        ...(checkpoint === undefined ? {} : { resume: { checkpoint: checkpoint === 'last' ? null : checkpoint } }),
        ...(why === undefined ? {} : { why }),
      }),
    );
    return runAnswer(report);
  },
});
