import { expect, test } from 'vitest';
import type { KeyRequested } from '../../../src/core/api-key.ts';
import { admit } from '../../../src/server/admit.ts';
import { startHttpServer } from '../../../src/server/http-server.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { runs } from './serving.ts';

interface Following extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly runId: string;
  /** Asks for the log of a run that goes on. */
  follow(key: string, method?: string): Promise<Response>;
  keyOf(role: KeyRequested['role']): Promise<{ readonly id: string; readonly text: string }>;
}

/** A run that goes on, and a server with the keys that `warden key create` makes. */
async function following(
  watched: (supervisor: Supervisor) => Supervisor = (supervisor) => supervisor,
): Promise<Following> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await temporaryRepository());
  await repository.defineWorkflows({ sleeper: shell('echo begun; exec sleep 600') });
  const { supervisor, failures } = stack.use(await testSupervisor(repository));
  const server = stack.use(
    await startHttpServer(
      { port: 0 },
      {
        admit: async (given) => {
          const guest = await admit(supervisor, given);
          return guest === null ? null : { ...guest, supervisor: watched(guest.supervisor) };
        },
        directory: repository.path,
        diagnostics: { failed: (during, error) => failures.push({ during, error }) },
      },
    ),
  );
  const { runId } = await supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' });
  await eventually(async () => (await supervisor.status(runId)).lastLine === 'begun');
  return {
    supervisor,
    runId,
    follow: (key, method = 'GET') =>
      fetch(`${server.address}${runs}/run/${runId}/logs?follow=true`, { method, headers: { 'x-api-key': key } }),
    keyOf: async (role) => {
      const { key, text } = await supervisor.createKey({ role, name: `a ${role}` });
      return { id: key.id, text };
    },
    [Symbol.asyncDispose]: async () => {
      await stack.disposeAsync();
      expect(failures).toEqual([]);
    },
  };
}

test('somebody external is refused before anything is sent', async () => {
  await using scope = await following();
  const { text } = await scope.keyOf('external');
  const response = await scope.follow(text);
  expect([response.status, await response.json()]).toMatchObject([403, { code: 'not_permitted' }]);
});

test('whose key is revoked is let go, while the run goes on', async () => {
  await using scope = await following();
  const { id, text } = await scope.keyOf('read_only');
  const response = await scope.follow(text);
  expect(response.status).toBe(200);
  await scope.supervisor.revokeKey(id);
  const told = await response.text();
  expect(told).toContain('begun');
  expect(told).not.toContain('event: end');
  expect((await scope.supervisor.status(scope.runId)).run.status).toBe('running');
});

test('a hundred are looked after, one more is told to come later, and has the place of one who goes', async () => {
  await using scope = await following();
  const { text } = await scope.keyOf('read_only');
  const all = await Promise.all(Array.from({ length: 100 }, () => scope.follow(text)));
  const readers = all.flatMap(({ body }) => (body === null ? [] : [body.getReader()]));
  await Promise.all(readers.map((reader) => reader.read()));
  const refused = await scope.follow(text);
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'too_many_followers' }]);
  await readers[0]?.cancel();
  const late = await eventually(async () => {
    const response = await scope.follow(text);
    if (response.status === 200) return response;
    await response.body?.cancel();
    return null;
  });
  await late.body?.cancel();
  await Promise.all(readers.map((reader) => reader.cancel()));
});

test('who asks only for the head begins nothing', async () => {
  let waits = 0;
  await using scope = await following(
    (supervisor) =>
      Object.create(supervisor, {
        wait: {
          value: (...parameters: Parameters<Supervisor['wait']>) => {
            waits += 1;
            return supervisor.wait(...parameters);
          },
        },
      }) as Supervisor,
  );
  const { text } = await scope.keyOf('read_only');
  const response = await scope.follow(text, 'HEAD');
  expect([response.status, await response.text()]).toEqual([200, '']);
  expect(waits).toBe(0);
  const controller = new AbortController();
  const followed = await scope.follow(text);
  await followed.body?.getReader().read();
  controller.abort();
  expect(waits).toBe(1);
});
