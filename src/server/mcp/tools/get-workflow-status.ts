import * as z from 'zod/mini';
import { killPreviewJson } from '../../../core/run-json.ts';
import { runWithImpactSchema } from '../../answer-schemas.ts';
import { flag, runId } from '../parameters.ts';
import { runAnswer } from '../run-answer.ts';
import { defineTool, looks } from '../tool.ts';

export const getWorkflowStatus = defineTool({
  name: 'get_workflow_status',
  title: 'Status of a run',
  description: 'Tells all that is known of a run: its status, its health and the reasons, its worktree, its last line.',
  input: z.strictObject({
    run_id: runId,
    with_impact: flag('Also what a kill would cut off: uncommitted files, commits, git operations, processes.'),
  }),
  output: runWithImpactSchema,
  hints: looks,
  async call({ run_id, with_impact }, { supervisor }) {
    const report = await supervisor.status(run_id);
    const { document, text } = runAnswer(report);
    const [preview] = with_impact ? killPreviewJson(await supervisor.impactOf([report.run.runId])).runs : [];
    const { level, reasons } = document.health;
    const health = level === 'healthy' ? '' : `; ${level}: ${reasons.join('; ')}`;
    return { document: { ...document, impact: preview?.impact ?? null }, text: `${text}${health}` };
  },
});
