import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { key, runs, sent, serving, type Serving } from './serving.ts';

let serves: Serving;
beforeAll(async () => {
  serves = await serving();
});
afterAll(async () => {
  const { runs: begun } = await serves.supervisor.list({});
  expect(begun).toEqual([]);
  expect(serves.failures).toEqual([]);
  await serves[Symbol.asyncDispose]();
});

const json = { 'content-type': 'application/json' };
const unknown = `${runs}/run/run_000000000000`;
const run = '/api/v1/workflows/builder/run';

describe('a bad request is told what is wrong with it, and does nothing', () => {
  const cases: readonly (readonly [what: string, path: string, init: RequestInit, status: number, code: string])[] = [
    ['a malformed id', `${runs}/run/run_XYZ/status`, {}, 400, 'invalid_request'],
    ['an over-long id', `${runs}/run/run_${'0'.repeat(5_000)}/kill`, { method: 'POST' }, 400, 'invalid_request'],
    ['path traversal in an id', `${runs}/run/..%2f..%2f..%2fetc%2fpasswd/logs`, {}, 400, 'invalid_request'],
    ['a broken escape in an id', `${runs}/run/%ff%zz/status`, {}, 400, 'invalid_request'],
    ['dots in a path', `${runs}/run/../../../etc/passwd`, {}, 404, 'unknown_route'],
    ['a path that is not there', '/api/v2/runs', {}, 404, 'unknown_route'],
    ['a wrong method', `${unknown}/kill`, {}, 405, 'method_not_allowed'],
    ['another wrong method', `${runs}/runs`, { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['what a browser asks before', `${unknown}/kill`, { method: 'OPTIONS' }, 405, 'method_not_allowed'],
    [
      'a form',
      run,
      { method: 'POST', body: 'message=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'plain text',
      run,
      { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    [
      'another encoding',
      run,
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } },
      415,
      'unsupported_media_type',
    ],
    ['broken JSON', run, { method: 'POST', body: '{"message":', headers: json }, 400, 'invalid_request'],
    [
      'bytes that are no UTF-8',
      run,
      { method: 'POST', body: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
      400,
      'invalid_request',
    ],
    ['JSON that is no object', run, { method: 'POST', body: '[1]', headers: json }, 400, 'invalid_request'],
    ['null', run, { method: 'POST', body: 'null', headers: json }, 400, 'invalid_request'],
    ['an unknown field', run, { method: 'POST', body: '{"mesage":"x"}', headers: json }, 400, 'invalid_request'],
    [
      'a field that every object has',
      run,
      { method: 'POST', body: '{"__proto__":{"persistent":true}}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a field of the wrong type',
      run,
      { method: 'POST', body: '{"message":7}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a message that no command takes',
      run,
      { method: 'POST', body: '{"message":"a\\u0000b"}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a base that is an option',
      run,
      { method: 'POST', body: '{"base":"--upload-pack=x"}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a folder that is relative',
      run,
      { method: 'POST', body: '{"repository":"../.."}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a folder that is no repository',
      run,
      { method: 'POST', body: '{"repository":"/proc"}', headers: json },
      422,
      'not_a_repository',
    ],
    ['an unknown parameter', `${unknown}/kill?forse=true`, { method: 'POST' }, 400, 'invalid_request'],
    ['a flag that is none', `${unknown}/kill?force=yes`, { method: 'POST' }, 400, 'invalid_request'],
    ['a parameter given twice', `${runs}/runs?limit=1&limit=2`, {}, 400, 'invalid_request'],
    ['a status that is none', `${runs}/runs?status=running,nice`, {}, 400, 'invalid_request'],
    ['no limit', `${runs}/runs?limit=-1`, {}, 400, 'invalid_request'],
    ['a limit of what is followed', `${unknown}/logs?follow=true&limit=1`, {}, 400, 'invalid_request'],
    ['a time without offset', `${runs}/runs?created_after=2025-06-16T13:33:06`, {}, 400, 'invalid_request'],
    ['a time that is none', `${runs}/runs?created_before=2025-02-30T00:00:00Z`, {}, 400, 'invalid_request'],
    [
      'an offset whose plus is a space',
      `${runs}/runs?created_after=2025-06-16T13:33:06+02:00`,
      {},
      400,
      'invalid_request',
    ],
    ['a cursor from elsewhere', `${runs}/runs?cursor=eyJpZCI6MX0`, {}, 400, 'invalid_argument'],
    [
      'two ways to go on',
      `${unknown}/restart`,
      { method: 'POST', body: '{"resume":true,"checkpoint":1}', headers: json },
      400,
      'invalid_request',
    ],
    [
      'a body of 10 MB',
      run,
      { method: 'POST', body: `{"message":"${'x'.repeat(10_000_000)}"}`, headers: json },
      413,
      'body_too_large',
    ],
    [
      'a body of 1 MB whose length is not told',
      run,
      {
        method: 'POST',
        body: new Blob(['x'.repeat(1_000_000)]).stream(),
        headers: json,
        duplex: 'half',
      },
      413,
      'body_too_large',
    ],
    ['no key', `${runs}/runs`, { headers: { 'x-api-key': '' } }, 401, 'invalid_key'],
    ['a wrong key', `${runs}/runs`, { headers: { 'x-api-key': `${key}x` } }, 401, 'invalid_key'],
    ['a key that is no key', '/metrics', { headers: { 'x-api-key': 'x'.repeat(4_000) } }, 401, 'invalid_key'],
    ['no key for a path that is not there', '/etc/passwd', { headers: { 'x-api-key': '' } }, 401, 'invalid_key'],
    [
      'a page of another site',
      `${unknown}/kill`,
      { method: 'POST', headers: { origin: 'https://evil.example' } },
      403,
      'origin_not_allowed',
    ],
    [
      'a page of this very place',
      `${runs}/runs`,
      { headers: { origin: 'http://localhost' } },
      403,
      'origin_not_allowed',
    ],
  ];
  test.for(cases)('%s', async ([, path, init, status, code]) => {
    const response = await serves.fetch(path, init);
    const document = await response.json();
    expect(document).toMatchObject({ status, code, type: 'about:blank' });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(JSON.stringify(document)).not.toMatch(/node_modules|\.ts:|\n\s+at /);
  });
});

test('a number that is too large is told how large it may be', async () => {
  const { document } = await serves.get(`${runs}/runs?limit=1001`);
  expect(document.detail).toBe('limit in the query is not valid: Expected a whole number from 1 to 1000');
});

test('a wrong method is told the right ones', async () => {
  expect((await serves.fetch(`${unknown}/kill`)).headers.get('allow')).toBe('POST');
  expect((await serves.fetch('/api/v1/health/live', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  expect((await serves.fetch(`${runs}/runs`, { method: 'HEAD' })).status).toBe(200);
});

test('a name of another machine is refused, whatever the key', async () => {
  const { server } = serves;
  const to = (host: string) => sent(server, '/api/v1/health/live', { host });
  expect(await to('evil.example')).toBe(421);
  expect(await to(`evil.example:${server.port}`)).toBe(421);
  expect(await to('localhost:1')).toBe(421);
  expect(await to(`localhost.evil.example:${server.port}`)).toBe(421);
  expect(await to(`localhost.:${server.port}`)).toBe(421);
  expect(await to('a b')).toBe(400);
  expect(await to(`localhost:${server.port}@evil.example`)).toBe(400);
  // A request to a proxy names its server in the first line, and that is what counts then.
  const toProxy = sent(server, 'http://evil.example/api/v1/health/live', { host: `localhost:${server.port}` });
  expect(await toProxy).toBe(421);
  expect(await to(`LocalHost:${server.port}`)).toBe(200);
  expect(await to(`[::1]:${server.port}`)).toBe(200);
});

test.for(['TRACE', 'PROPFIND', 'PATCH'])('the method %s is refused', async (method) => {
  const status = await sent(serves.server, `${runs}/runs`, { host: `localhost:${serves.server.port}` }, method);
  expect([400, 405]).toContain(status);
});

test('only who is alive is told without a key', async () => {
  const response = await serves.fetch('/api/v1/health/live', { headers: { 'x-api-key': '' } });
  expect(await response.json()).toEqual({ live: true });
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  for (const path of ['/openapi.json', '/metrics', '/api/v1/health', '/api/v1/health/ready']) {
    expect((await serves.fetch(path, { headers: { 'x-api-key': '' } })).status).toBe(401);
  }
});

test('what is no HTTP at all is refused', async () => {
  expect(await answerTo('hello\r\n\r\n')).toContain('400');
  expect(await answerTo('GET /metrics HTTP/1.1\r\n\r\n')).toContain('400');
  expect(await answerTo(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toContain('431');
});

function answerTo(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(serves.server.port ?? 0, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    // It is told first, and then cut off.
    socket.once('close', () => resolve(answer)).on('error', () => undefined);
  });
}

test('a thousand connections that say nothing keep nobody out', async () => {
  const sockets: Socket[] = [];
  try {
    for (let index = 0; index < 1_000; index += 1) {
      const socket = connect(serves.server.port ?? 0, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
    }
    await eventually(() => sockets.every(({ connecting }) => !connecting));
    expect((await serves.fetch('/api/v1/health/live')).status).toBe(200);
    expect((await serves.get(`${runs}/runs`)).status).toBe(200);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
