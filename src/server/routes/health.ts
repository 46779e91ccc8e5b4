import { alertJson } from '../../core/run-json.ts';
import { watcherJson } from '../../core/watcher.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { nothing } from '../parameters.ts';
import { defineRoute, type Route } from '../route.ts';

const parts = { method: 'get', path: nothing, query: nothing, body: null } as const;

const health = defineRoute({
  ...parts,
  name: 'get_health',
  at: '/api/v1/health',
  summary: 'Whether this server lives and can work, who watches, and what is wrong',
  answers: { status: [200], type: 'application/json', description: 'What was found.' },
  answer: async ({ supervisor }) => ({ document: await healthOf(supervisor) }),
});

const ready = defineRoute({
  ...parts,
  name: 'get_readiness',
  at: '/api/v1/health/ready',
  summary: 'Whether this server can work: the same, with status 503 when it cannot',
  answers: { status: [200, 503], type: 'application/json', description: 'What was found.' },
  async answer({ supervisor }) {
    const document = await healthOf(supervisor);
    return { status: document.ready ? 200 : 503, document };
  },
});

/** It can work when it can read what was written down, and can look at processes. */
async function healthOf(supervisor: Supervisor) {
  const [alerts, watcher] = await Promise.all([supervisor.alerts(), supervisor.watcher()]);
  const isBlind = alerts.some((alert) => alert.code === 'not_known' && alert.about !== 'budgets');
  return {
    live: true,
    ready: !isBlind,
    watcher: watcherJson(watcher),
    alerts: alerts.map((alert) => alertJson(alert)),
  };
}

export const healthRoutes: readonly Route[] = [health, ready];
