import * as z from 'zod/mini';
import { runSchema } from '../../answer-schemas.ts';
import { flag, nonEmptyText, repository, runId, text } from '../parameters.ts';
import { runAnswer } from '../run-answer.ts';
import { startSoon } from '../start-soon.ts';
import { defineTool } from '../tool.ts';

export const runWorkflow = defineTool({
  name: 'run_workflow',
  title: 'Run a workflow',
  description:
    'Starts a workflow of the repository in a git worktree and on a branch of its own, and answers with the run. ' +
    'A run that is still "pending" waits for its turn or is being prepared: ask get_workflow_status later.',
  input: z.strictObject({
    workflow_name: nonEmptyText('Which one: see list_workflows.', 200),
    message: z.optional(text('What the workflow is told.', 60_000)),
    base: z.optional(
      nonEmptyText('Commit, branch or tag to start from; HEAD of the repository when absent.', 250).check(
        z.regex(/^[^-]/, 'Must not begin with -'),
      ),
    ),
    persistent: flag('No cleanup removes its worktree.'),
    after: z.optional(
      z.array(runId).check(z.maxLength(100), z.meta({ description: 'It starts when these runs have completed.' })),
    ),
    repository,
  }),
  output: runSchema,
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  async call({ workflow_name, message = '', base, persistent, after, repository: folder }, context) {
    const report = await startSoon(context, (told) =>
      context.supervisor.run({
        ...told,
        workflowName: workflow_name,
        directory: folder ?? context.directory,
        message,
        ...(base === undefined ? {} : { base }),
        ...(persistent ? { persistent } : {}),
        ...(after === undefined ? {} : { after }),
        ...(context.runId === null ? {} : { parentRunId: context.runId }),
      }),
    );
    return runAnswer(report);
  },
});
