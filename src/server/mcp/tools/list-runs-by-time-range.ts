import * as z from 'zod/mini';
import { isWardenError } from '../../../core/errors.ts';
import { runJson } from '../../../core/run-json.ts';
import { runStatuses } from '../../../core/run-status.ts';
import { runPageSchema, type ShortRunJson } from '../../answer-schemas.ts';
import { flag, millisecondsOf, nonEmptyText, repository, time, wholeNumber } from '../parameters.ts';
import { runLine } from '../run-answer.ts';
import { defineTool, looks, type ToolContext } from '../tool.ts';

const defaultLimit = 20;

/** A model that looks for a run needs no whole prompts. */
const messageLength = 200;

export const listRunsByTimeRange = defineTool({
  name: 'list_runs_by_time_range',
  title: 'List runs',
  description:
    'Lists runs that were created in a span of time, or all, newest first, each in short: long messages are cut. Of the ' +
    'repository in which the server was started, or of the machine outside of one.',
  input: z.strictObject({
    created_after: z.optional(time('Created then or later; with an offset, e.g. 2025-06-16T13:33:06+02:00.')),
    created_before: z.optional(time('Created before then.')),
    status: z.optional(z.array(z.enum(runStatuses)).check(z.meta({ description: 'Only these.' }))),
    workflow_name: z.optional(nonEmptyText('Only runs of this workflow.', 200)),
    limit: z._default(wholeNumber('At most so many.', 1, 100), defaultLimit),
    cursor: z.optional(nonEmptyText('Goes on where an earlier list ended: its next_cursor.', 100)),
    repository,
    all_repositories: flag('Runs of every repository of this machine.'),
  }),
  output: runPageSchema,
  hints: looks,
  async call(given, context) {
    const { created_after: since, created_before: until, status, workflow_name, limit, cursor } = given;
    const top = given.all_repositories ? null : await repositoryHere(context, given.repository);
    const { runs, nextCursor } = await context.supervisor.list({
      limit,
      ...(top === null ? {} : { repository: top }),
      ...(since === undefined ? {} : { createdSince: millisecondsOf(since) }),
      ...(until === undefined ? {} : { createdUntil: millisecondsOf(until) }),
      ...(status === undefined ? {} : { statuses: status }),
      ...(workflow_name === undefined ? {} : { workflowName: workflow_name }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const documents = runs.map(({ run, ...facts }) => shortRun(runJson(run, facts)));
    const more = nextCursor === null ? '' : ', and there are more';
    return {
      document: { runs: documents, next_cursor: nextCursor },
      text:
        documents.length === 0
          ? 'No runs.'
          : `${documents.length === 1 ? 'One run' : `${documents.length} runs`}${more}: ${documents.map(runLine).join('; ')}`,
    };
  },
});

/** Null outside of a repository, unless one was asked for. */
async function repositoryHere({ supervisor, directory }: ToolContext, asked: string | undefined) {
  try {
    return await supervisor.repositoryOf(asked ?? directory);
  } catch (error) {
    const isOutside = isWardenError(error, 'not_a_repository') || isWardenError(error, 'bare_repository');
    if (isOutside && asked === undefined) return null;
    throw error;
  }
}

function shortRun(run: ShortRunJson): ShortRunJson {
  const { run_id, workflow_name, status, reason, message, created_at, started_at, ended_at, exit_code } = run;
  const { worktree_path, branch, last_line, health } = run;
  return {
    run_id,
    workflow_name,
    status,
    reason,
    message: message.length > messageLength ? `${message.slice(0, messageLength).toWellFormed()}…` : message,
    created_at,
    started_at,
    ended_at,
    exit_code,
    worktree_path,
    branch,
    last_line,
    health,
  };
}
