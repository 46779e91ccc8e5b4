import { openMetrics } from '../../core/metrics.ts';
import { nothing } from '../parameters.ts';
import { defineRoute, type Route } from '../route.ts';

const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const metrics = defineRoute({
  name: 'get_metrics',
  method: 'get',
  at: '/metrics',
  summary: 'Runs by status and health, kills, cleanups and orphans, for monitoring',
  path: nothing,
  query: nothing,
  body: null,
  answers: { status: [200], type, description: 'OpenMetrics.' },
  answer: async ({ supervisor }) =>
    new Response(openMetrics(await supervisor.metrics()), { headers: { 'content-type': type } }),
});

export const metricsRoutes: readonly Route[] = [metrics];
