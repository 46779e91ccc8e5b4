import * as z from 'zod/mini';
import { WardenError } from '../../core/errors.ts';
import { killPreviewJson, killReportJson, runJson } from '../../core/run-json.ts';
import { runStatuses } from '../../core/run-status.ts';
import { watcherJson } from '../../core/watcher.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { killReportSchema, runSchema } from '../answer-schemas.ts';
import {
  flag,
  listOf,
  millisecondsOf,
  nonEmptyText,
  nothing,
  reason,
  repository,
  runPath,
  time,
  wholeNumber,
} from '../parameters.ts';
import { problemOf } from '../problem.ts';
import { defineRoute, type JsonAnswer, type Route } from '../route.ts';

const runs = '/api/v1/workflows/claude-code';

const pageSchema = z.object({
  runs: z.array(runSchema),
  next_cursor: z.nullable(z.string().check(z.meta({ description: 'Goes on where this page ends.' }))),
  watcher: z.nullable(z.object({ face: z.string(), pid: z.nullable(z.number()), heartbeat_age_ms: z.number() })),
});

const killPreviewSchema = z.object({ dry_run: z.literal(true), runs: z.array(z.looseObject({ run_id: z.string() })) });

const list = defineRoute({
  name: 'list_runs',
  method: 'get',
  at: `${runs}/runs`,
  summary: 'List runs, newest first',
  path: nothing,
  query: z.strictObject({
    status: z.optional(listOf('Only these.', z.enum(runStatuses))),
    workflow: z.optional(nonEmptyText('Only runs of this workflow.', 200)),
    repository,
    created_after: z.optional(time('Created then or later.')),
    created_before: z.optional(time('Created before then.')),
    limit: z.optional(wholeNumber('At most so many; 100 when absent.', 1, 1_000)),
    cursor: z.optional(nonEmptyText('Goes on where an earlier list ended: its next_cursor.', 100)),
  }),
  body: null,
  answers: { status: [200], type: 'application/json', description: 'One page of runs.', schema: pageSchema },
  async answer({ supervisor, query }) {
    const { status, workflow, created_after: since, created_before: until, limit, cursor } = query;
    const [page, watcher] = await Promise.all([
      supervisor.list({
        ...(status === undefined ? {} : { statuses: status }),
        ...(workflow === undefined ? {} : { workflowName: workflow }),
        ...(query.repository === undefined ? {} : { repository: await supervisor.repositoryOf(query.repository) }),
        ...(since === undefined ? {} : { createdSince: millisecondsOf(since) }),
        ...(until === undefined ? {} : { createdUntil: millisecondsOf(until) }),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
      supervisor.watcher(),
    ]);
    return {
      document: {
        runs: page.runs.map((report) => runJson(report.run, report)),
        next_cursor: page.nextCursor,
        watcher: watcherJson(watcher),
      },
    };
  },
});

const oneRun = { status: [200], type: 'application/json', description: 'The run.', schema: runSchema } as const;

const status = defineRoute({
  name: 'get_run_status',
  method: 'get',
  at: `${runs}/run/{run_id}/status`,
  summary: 'Tell all that is known of a run',
  path: runPath,
  query: nothing,
  body: null,
  answers: oneRun,
  async answer({ supervisor, path }) {
    const [report, watcher] = await Promise.all([supervisor.status(path.run_id), supervisor.watcher()]);
    return { document: { ...runJson(report.run, report), watcher: watcherJson(watcher) } };
  },
});

const kill = defineRoute({
  name: 'kill_run',
  method: 'post',
  at: `${runs}/run/{run_id}/kill`,
  summary: 'End a run with all its processes, and prove that none is left',
  path: runPath,
  query: z.strictObject({
    force: flag('Without waiting for the processes to end by themselves.'),
    dry_run: flag('Only tell what the kill would cut off.'),
  }),
  body: z.strictObject({ reason }),
  answers: {
    status: [200],
    type: 'application/json',
    description: 'The kill report, the same however often it is asked for; with dry_run what is at stake.',
    schema: z.union([killReportSchema, killPreviewSchema]),
  },
  async answer({ supervisor, path, query, body }) {
    if (query.dry_run) return { document: killPreviewJson(await supervisor.impactOf([path.run_id])) };
    const report = await supervisor.kill(path.run_id, {
      force: query.force,
      ...(body.reason === undefined ? {} : { why: body.reason }),
    });
    const document = killReportJson(report);
    if (report.success) return { document };
    const { runId, survivors } = report;
    return problemOf(new WardenError('survivors', { runId, survivors: survivors.length })).response({
      report: document,
    });
  },
});

const restart = defineRoute({
  name: 'restart_run',
  method: 'post',
  at: `${runs}/run/{run_id}/restart`,
  summary: 'Start a run again: the same workflow, message and base; the old run is ended first',
  path: runPath,
  query: nothing,
  body: z
    .strictObject({
      resume: z.optional(z.boolean().check(z.meta({ description: 'In the same worktree, with all that is in it.' }))),
      checkpoint: z.optional(
        z
          .union([z.int().check(z.gte(1)), z.literal('last')])
          .check(z.meta({ description: 'In a new worktree, from this checkpoint.' })),
      ),
      reason,
    })
    .check(
      z.refine(
        ({ resume = false, checkpoint }) => !resume || checkpoint === undefined,
        'Only one of resume and checkpoint can be given',
      ),
    ),
  answers: { status: [201, 202], type: 'application/json', description: 'The new run.', schema: runSchema },
  async answer({ supervisor, path, body: { resume = false, checkpoint, reason: why } }) {
    const { runId } = await supervisor.restart(path.run_id, {
      isLeftInQueue: true,
      ...(resume ? { resume: 'worktree' as const } : {}),
      ...(checkpoint === undefined ? {} : { resume: { checkpoint: checkpoint === 'last' ? null : checkpoint } }),
      ...(why === undefined ? {} : { why }),
    });
    const { document } = await answerWithRun(supervisor, runId);
    return { status: document.status === 'pending' ? 202 : 201, document };
  },
});

const complete = defineRoute({
  name: 'complete_run',
  method: 'post',
  at: `${runs}/run/{run_id}/complete`,
  summary: 'End a run by hand and count it as completed, or as failed',
  path: runPath,
  query: nothing,
  body: z.strictObject({
    as: z.optional(z.enum(['completed', 'failed']).check(z.meta({ description: 'completed when absent.' }))),
    reason,
  }),
  answers: oneRun,
  async answer({ supervisor, path, body }) {
    const { runId } = await supervisor.complete(path.run_id, {
      becomes: body.as ?? 'completed',
      ...(body.reason === undefined ? {} : { why: body.reason }),
    });
    return answerWithRun(supervisor, runId);
  },
});

const cancel = defineRoute({
  name: 'cancel_run',
  method: 'post',
  at: `${runs}/run/{run_id}/cancel`,
  summary: 'Take back a run: one that waits is not started, one that runs is killed without force',
  path: runPath,
  query: nothing,
  body: z.strictObject({ reason }),
  answers: oneRun,
  async answer({ supervisor, path, body }) {
    const { runId } = await supervisor.kill(path.run_id, body.reason === undefined ? {} : { why: body.reason });
    return answerWithRun(supervisor, runId);
  },
});

async function answerWithRun(supervisor: Supervisor, runId: string) {
  const report = await supervisor.status(runId);
  return { document: runJson(report.run, report) } satisfies JsonAnswer;
}

export const runRoutes: readonly Route[] = [list, status, kill, restart, complete, cancel];
