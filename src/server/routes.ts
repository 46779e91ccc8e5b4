import type { Route } from './route.ts';
import { openApiOf } from './open-api.ts';
import { auditRoutes } from './routes/audit.ts';
import { healthRoutes } from './routes/health.ts';
import { logRoutes } from './routes/logs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { runRoutes } from './routes/runs.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { worktreeRoutes } from './routes/worktrees.ts';
import { defineRoute } from './route.ts';
import { nothing } from './parameters.ts';

const description: Route = defineRoute({
  name: 'describe',
  method: 'get',
  at: '/openapi.json',
  summary: 'This interface, as OpenAPI',
  path: nothing,
  query: nothing,
  body: null,
  answers: { status: [200], type: 'application/json', description: 'An OpenAPI document.' },
  answer: () => Promise.resolve({ document: openApiOf(routes) }),
});

/** Every route, in the order in which one meets them. */
export const routes: readonly Route[] = [
  ...workflowRoutes,
  ...runRoutes,
  ...logRoutes,
  ...worktreeRoutes,
  ...auditRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  description,
];
