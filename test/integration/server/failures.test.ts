import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { WardenError } from '../../../src/core/errors.ts';
import type { KillReport } from '../../../src/core/kill-report.ts';
import { startHttpServer } from '../../../src/server/http-server.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { runs } from './serving.ts';

/** A server whose supervisor fails in some way. */
async function failing(verbs: object, isExternal = false) {
  const failures: { during: string; error: unknown }[] = [];
  const server = await startHttpServer(
    { port: 0 },
    {
      admit: () => Promise.resolve({ supervisor: verbs as Supervisor, isExternal }),
      directory: '/',
      diagnostics: { failed: (during, error) => failures.push({ during, error }) },
    },
    {
      headersTimeout: 150,
      requestTimeout: 300,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 50,
      stalled: 300,
    },
  );
  const ask = async (at: string, method = 'GET') => {
    const response = await fetch(`${server.address}${at}`, { method, headers: { 'x-api-key': 'any' } });
    return (await response.json()) as Record<string, unknown>;
  };
  return { server, failures, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const one = `${runs}/run/run_000000000001`;

test('a kill with survivors is no success: it is told with its report', async () => {
  const report: KillReport = {
    runId: 'run_000000000001' as KillReport['runId'],
    workflowName: 'builder',
    success: false,
    killedAt: 0,
    method: 'system',
    durationMilliseconds: 12_000,
    processes: 1,
    signals: [],
    survivors: [{ pid: 4711, name: 'stuck', reason: 'uninterruptible' }],
    stages: [],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: true,
    auditLogged: true,
  };
  await using serves = await failing({ kill: () => Promise.resolve(report) });
  expect(await serves.ask(`${one}/kill`, 'POST')).toMatchObject({
    status: 500,
    code: 'survivors',
    report: { success: false, survivors: [{ pid: 4711 }], cleanup_status: { process_terminated: false } },
  });
});

test('what nobody expected is told by an id, under which the server tells it, and the server goes on', async () => {
  await using serves = await failing({
    status: () => Promise.reject(new TypeError('/home/me/secret is not a function')),
    watcher: () => Promise.resolve(null),
  });
  const problem = await serves.ask(`${one}/status`);
  expect(problem).toMatchObject({ status: 500, code: 'unexpected', details: { id: expect.any(String) } });
  expect(JSON.stringify(problem)).not.toContain('secret');
  const { id } = problem['details'] as { id: string };
  expect(serves.failures).toMatchObject([{ during: expect.stringContaining(id), error: { message: /secret/ } }]);
  expect(await serves.ask('/api/v1/health/live')).toEqual({ live: true });
});

test('a machine that cannot do it now says so; somebody external is told nothing of it', async () => {
  const verbs = {
    list: () => Promise.reject(new WardenError('database_busy', { path: '/home/me/warden.db', waitedMilliseconds: 1 })),
    watcher: () => Promise.resolve(null),
  };
  await using serves = await failing(verbs);
  expect(await serves.ask(`${runs}/runs`)).toMatchObject({ status: 503, details: { path: '/home/me/warden.db' } });
  await using external = await failing(verbs, true);
  const problem = await external.ask(`${runs}/runs`);
  expect(problem).toMatchObject({ status: 503, code: 'database_busy', details: {} });
  expect(JSON.stringify(problem)).not.toContain('/home');
});

test('a server that cannot work is alive and not ready', async () => {
  const alerts = [{ code: 'not_known', level: 'warning', about: 'history', detail: 'no database' }];
  await using serves = await failing({
    alerts: () => Promise.resolve(alerts),
    watcher: () => Promise.resolve(null),
  });
  expect(await serves.ask('/api/v1/health/ready')).toMatchObject({ live: true, ready: false });
  expect(
    (await fetch(`${serves.server.address}/api/v1/health/ready`, { headers: { 'x-api-key': 'any' } })).status,
  ).toBe(503);
});

test.for([
  ['says nothing', ''],
  ['sends half of its headers', 'GET / HTTP/1.1\r\nHost: loc'],
  [
    'sends half of its body',
    `POST ${one}/kill HTTP/1.1\r\nHost: localhost:PORT\r\nx-api-key: k\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{`,
  ],
])('a client that %s is cut off', async ([, text]) => {
  await using serves = await failing({});
  const socket = open(serves.server.port ?? 0, text ?? '');
  await new Promise((resolve) => socket.once('close', resolve));
});

test('a client that takes nothing of what it follows is cut off, and nothing piles up for it', async () => {
  let asked = 0;
  let isLetGo = false;
  await using serves = await failing({
    status: () => Promise.resolve({ run: { runId: 'run_000000000001', status: 'running' } }),
    wait: (_: string, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isLetGo = true;
          reject(new Error('stopped'));
        });
      }),
    logs: () => {
      asked += 1;
      return Promise.resolve(Buffer.alloc(64 * 1_024, 'x'));
    },
  });
  const socket = open(
    serves.server.port ?? 0,
    `GET ${one}/logs?follow=true HTTP/1.1\r\nHost: localhost:PORT\r\nx-api-key: k\r\n\r\n`,
  );
  socket.pause();
  await eventually(() => isLetGo);
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(1_000);
  socket.destroy();
});

function open(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text.replaceAll('PORT', String(port))));
  return socket.on('error', () => undefined).on('data', () => undefined);
}
