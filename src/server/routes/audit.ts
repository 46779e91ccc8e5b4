import * as z from 'zod/mini';
import { auditJson } from '../../core/audit-export.ts';
import { isRunId } from '../../core/run-id.ts';
import { millisecondsOf, nonEmptyText, nothing, runIdText, time, wholeNumber } from '../parameters.ts';
import { defineRoute, type Route } from '../route.ts';

const audit = defineRoute({
  name: 'list_audit_entries',
  method: 'get',
  at: '/api/v1/audit',
  summary: 'List who did what and how it went, oldest first',
  path: nothing,
  query: z.strictObject({
    run_id: z.optional(runIdText),
    action: z.optional(nonEmptyText('Only this, e.g. kill.', 100)),
    since: z.optional(time('Then or later.')),
    until: z.optional(time('Before then.')),
    after: z.optional(wholeNumber('The ones behind this number, instead of the last.', 0, Number.MAX_SAFE_INTEGER)),
    limit: z.optional(wholeNumber('At most so many; 100 when absent.', 1, 1_000)),
  }),
  body: null,
  answers: { status: [200], type: 'application/json', description: 'The entries.' },
  async answer({ supervisor, query: { run_id: runId, action, since, until, after, limit = 100 } }) {
    const entries = await supervisor.audit({
      limit,
      ...(runId !== undefined && isRunId(runId) ? { runId } : {}),
      ...(action === undefined ? {} : { action }),
      ...(since === undefined ? {} : { since: millisecondsOf(since) }),
      ...(until === undefined ? {} : { until: millisecondsOf(until) }),
      ...(after === undefined ? {} : { after }),
    });
    return { document: { entries: entries.map(auditJson) } };
  },
});

export const auditRoutes: readonly Route[] = [audit];
