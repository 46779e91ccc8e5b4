import * as z from 'zod/mini';
import { killReportJson } from '../../../core/run-json.ts';
import { killReportSchema } from '../../answer-schemas.ts';
import { flag, reason, runId } from '../parameters.ts';
import { defineTool, ends } from '../tool.ts';

export const killWorkflow = defineTool({
  name: 'kill_workflow',
  title: 'Kill a run',
  description:
    'Ends a run with all its processes and proves that none is left; its work is kept in a checkpoint and its worktree ' +
    'stays. What the kill would cut off: get_workflow_status with with_impact. Killed again, it answers with the same report.',
  input: z.strictObject({
    run_id: runId,
    force: flag('Without waiting for git operations and for the processes to end by themselves.'),
    reason,
  }),
  output: killReportSchema,
  hints: ends,
  async call({ run_id, force, reason: why }, { supervisor }) {
    const document = killReportJson(await supervisor.kill(run_id, { force, ...(why === undefined ? {} : { why }) }));
    return { document, text: `${document.run_id}: ${document.message}`, isFailure: !document.success };
  },
});
