import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startServe } from '../../../src/start-serve.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { runs } from '../server/serving.ts';
import { keyOf, served } from './served.ts';
import { entry, warden } from './warden.ts';

const statusOf = async (address: string, key: string, at: string, method = 'GET') => {
  const response = await fetch(`${address}${at}`, { method, headers: { 'x-api-key': key } });
  return [response.status, ((await response.json()) as { code?: string }).code];
};

test('what a key may do is what its role may, until it is revoked', async () => {
  await using command = await warden();
  await command.repository.defineWorkflows({ sleeper: shell('exec sleep 60') });
  const { address, end } = await served(command, '--port', '0');
  const [admin, reader, external] = [
    await keyOf(command, 'admin'),
    await keyOf(command, 'read_only'),
    await keyOf(command, 'external'),
  ];
  const started = await fetch(`${address}/api/v1/workflows/sleeper/run`, {
    method: 'POST',
    headers: { 'x-api-key': admin, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'a secret plan' }),
  });
  expect(started.status).toBe(201);
  const { run_id: runId } = (await started.json()) as { run_id: string };
  const at = `${runs}/run/${runId}`;

  expect(await statusOf(address, reader, `${at}/kill`, 'POST')).toEqual([403, 'not_permitted']);
  expect(await statusOf(address, reader, `${at}/logs`)).toEqual([200, undefined]);
  expect(await statusOf(address, external, `${at}/logs`)).toEqual([403, 'not_permitted']);
  for (const one of [`${at}/status`, `${runs}/runs`]) {
    const response = await fetch(`${address}${one}`, { headers: { 'x-api-key': external } });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain(runId);
    expect(text).not.toMatch(/secret plan|sleep 60/);
    expect(text).not.toContain(command.repository.path);
  }
  const watching = await fetch(`${address}/api/v1/health`, { headers: { 'x-api-key': admin } });
  expect(await watching.json()).toMatchObject({ watcher: { face: 'http' } });

  const { document: listed } = await command.json<{ keys: { id: string; role: string }[] }>('key', 'list');
  const id = listed.keys.find(({ role }) => role === 'read_only')?.id ?? '';
  await command.run('key', 'revoke', id);
  expect(await statusOf(address, reader, `${at}/status`)).toEqual([401, 'invalid_key']);
  expect(await statusOf(address, `${reader}x`, `${at}/status`)).toEqual([401, 'invalid_key']);

  expect(await statusOf(address, admin, `${at}/kill`, 'POST')).toEqual([200, undefined]);
  const { document: audit } = await command.json<{ entries: unknown[] }>('audit');
  expect(audit.entries).toContainEqual(
    expect.objectContaining({ action: 'kill', outcome: 'refused', face: 'http', user: 'a read_only' }),
  );
  expect(JSON.stringify(audit)).not.toContain(admin);
  expect(await end()).toBe(0);
});

test('a run may use its own token: it starts runs and kills those, and not itself', async () => {
  await using command = await warden();
  await command.repository.defineWorkflows({
    parent: shell('echo "$WARDEN_RUN_ID.$WARDEN_RUN_TOKEN" > key; exec sleep 60'),
    child: shell('exec sleep 60'),
  });
  const { address, end } = await served(command, '--port', '0');
  const { document: parent } = await command.json<{ run_id: string; worktree_path: string }>('run', 'parent');
  const key = await eventually(async () =>
    (await readFile(path.join(parent.worktree_path, 'key'), 'utf8').catch(() => '')).trim(),
  );
  const response = await fetch(`${address}/api/v1/workflows/child/run`, {
    method: 'POST',
    headers: { 'x-api-key': key },
  });
  const child = (await response.json()) as { run_id: string; parent_run_id: string };
  expect(child.parent_run_id).toBe(parent.run_id);
  expect(await statusOf(address, key, `${runs}/run/${parent.run_id}/kill`, 'POST')).toEqual([403, 'not_permitted']);
  expect(await statusOf(address, key, `${runs}/run/${child.run_id}/kill`, 'POST')).toEqual([200, undefined]);
  expect(await statusOf(address, `${key}x`, `${runs}/runs`)).toEqual([401, 'invalid_key']);
  await command.run('kill', parent.run_id, '--force');
  expect(await statusOf(address, key, `${runs}/runs`)).toEqual([401, 'invalid_key']);
  expect(await end()).toBe(0);
});

test('a socket is for its user alone, is taken over when it was left behind, and goes with the server', async () => {
  await using command = await warden();
  const socket = path.join(command.repository.stateFolder, '..', 's');
  const live = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ socketPath: socket, path: '/api/v1/health/live', headers: { host: 'localhost' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });
  const first = command.start(['serve', '--socket', socket]);
  await eventually(live);
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  const second = await command.run('serve', '--socket', socket);
  expect(second).toMatchObject({ exitCode: 1, errors: expect.stringContaining('somebody listens there') });
  first.child.kill('SIGKILL');
  await first.ended;
  const { end } = await served(command, '--socket', socket);
  expect(await live()).toBe(200);
  expect(await end()).toBe(0);
  await expect(stat(socket)).rejects.toThrow('ENOENT');

  await writeFile(socket, 'mine');
  await chmod(socket, 0o644);
  const third = await command.run('serve', '--socket', socket);
  expect(third).toMatchObject({ exitCode: 1, errors: expect.stringContaining('no socket') });
});

test('it is reached from this machine alone, and says so when a port is taken', async () => {
  await using command = await warden();
  const { port, end } = await served(command, '--port', '0');
  const { exitCode, errors } = await command.run('serve', '--port', String(port));
  expect(exitCode).toBe(1);
  expect(errors).toContain(`127.0.0.1:${port}`);
  for (const [parameter, words] of [
    ['--port=65536', '0 to 65535'],
    ['--socket=', 'needs a path'],
  ] as const) {
    expect(await command.run('serve', parameter)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining(words),
    });
  }
  const outside = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  );
  for (const host of outside) {
    await expect(
      new Promise((resolve, reject) => {
        connect(port ?? 0, host)
          .once('connect', resolve)
          .once('error', reject);
      }),
    ).rejects.toThrow('ECONNREFUSED');
  }
  expect(await end()).toBe(0);
});

test('a process that serves for another ends with it, and says what kept it from serving', async () => {
  await using command = await warden();
  const place = {
    entry,
    directory: command.repository.path,
    environment: { ...process.env, WARDEN_STATE_DIR: command.repository.stateFolder },
  };
  const addresses: string[] = [];
  const ended: string[] = [];
  const end = startServe({
    ...place,
    port: 0,
    onServing: (address) => addresses.push(address),
    onEnded: (words) => ended.push(words),
  });
  const address = await eventually(() => addresses[0]);
  expect((await fetch(`${address}/api/v1/health/live`)).status).toBe(200);

  const refused: string[] = [];
  startServe({
    ...place,
    port: Number(new URL(address).port),
    onServing: (second) => addresses.push(second),
    onEnded: (words) => refused.push(words),
  });
  await eventually(() => refused.length > 0);
  expect(refused[0]).toContain(new URL(address).host);
  expect(addresses).toHaveLength(1);

  expect(ended).toEqual([]);
  end();
  await eventually(() => ended.length > 0);
  expect(ended).toEqual(['']);
  await expect(fetch(address)).rejects.toThrow();
});
