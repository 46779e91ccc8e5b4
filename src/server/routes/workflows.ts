import * as z from 'zod/mini';
import { runJson, workflowsJson } from '../../core/run-json.ts';
import { runSchema, workflowsSchema } from '../answer-schemas.ts';
import { nonEmptyText, nothing, repository, runIdText, text } from '../parameters.ts';
import { defineRoute, type Route } from '../route.ts';

const workflows = defineRoute({
  name: 'list_workflows',
  method: 'get',
  at: '/api/v1/workflows',
  summary: 'List the workflows that can be started in a repository',
  path: nothing,
  query: z.strictObject({ repository }),
  body: null,
  answers: { status: [200], type: 'application/json', description: 'The workflows.', schema: workflowsSchema },
  async answer({ supervisor, query, directory }) {
    return { document: workflowsJson(await supervisor.workflows(query.repository ?? directory)) };
  },
});

const run = defineRoute({
  name: 'run_workflow',
  method: 'post',
  at: '/api/v1/workflows/{name}/run',
  summary: 'Start a workflow in a worktree of its own',
  path: z.strictObject({ name: nonEmptyText('Of the workflow.', 200) }),
  query: nothing,
  body: z.strictObject({
    message: z.optional(text('What the workflow is told.', 60_000)),
    base: z.optional(
      nonEmptyText('Commit, branch or tag to start from; HEAD when absent.', 250).check(
        z.regex(/^[^-]/, 'Must not begin with -'),
      ),
    ),
    persistent: z.optional(z.boolean().check(z.meta({ description: 'No cleanup removes its worktree.' }))),
    after: z.optional(
      z.array(runIdText).check(z.maxLength(100), z.meta({ description: 'It starts when these have completed.' })),
    ),
    repository,
  }),
  answers: {
    status: [201, 202],
    type: 'application/json',
    description: 'The run: 201 when its command was started, 202 while it waits for its turn.',
    schema: runSchema,
  },
  async answer({ supervisor, path, body, directory }) {
    const { runId } = await supervisor.run({
      workflowName: path.name,
      directory: body.repository ?? directory,
      message: body.message ?? '',
      ...(body.base === undefined ? {} : { base: body.base }),
      ...(body.persistent === undefined ? {} : { persistent: body.persistent }),
      ...(body.after === undefined ? {} : { after: body.after }),
      isLeftInQueue: true,
    });
    const report = await supervisor.status(runId);
    return {
      status: report.run.status === 'pending' ? 202 : 201,
      headers: { location: `/api/v1/workflows/claude-code/run/${runId}/status` },
      document: runJson(report.run, report),
    };
  },
});

export const workflowRoutes: readonly Route[] = [workflows, run];
