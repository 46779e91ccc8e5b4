import { request as nodeRequest } from 'node:http';
import { type HttpServer, type Place, startHttpServer } from '../../../src/server/http-server.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

export const key = 'wk_test';

export interface Serving extends AsyncDisposable {
  readonly repository: TemporaryRepository;
  readonly supervisor: Supervisor;
  readonly server: HttpServer;
  /** What went wrong in the server. */
  readonly failures: TestSupervisor['failures'];
  /** With a valid key, unless the headers say otherwise. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly get: (path: string) => Promise<Answered>;
  readonly post: (path: string, body?: unknown) => Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests say what they expect
  readonly document: any;
}

/** A server on a repository and a state folder of its own. Leaving its scope ends it and every run. */
export async function serving(place: Place = { port: 0 }): Promise<Serving> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await temporaryRepository());
  const { supervisor, failures } = stack.use(await testSupervisor(repository));
  const server = stack.use(
    await startHttpServer(place, {
      admit: (given) => Promise.resolve(given === key ? { supervisor, isExternal: false } : null),
      directory: repository.path,
      diagnostics: { failed: (during, error) => failures.push({ during, error }) },
    }),
  );
  const fetchIt: Serving['fetch'] = (path, { headers = {}, ...init } = {}) =>
    fetch(`${server.address}${path}`, {
      ...init,
      headers: { 'x-api-key': key, ...(headers as Record<string, string>) },
    });
  return {
    repository,
    supervisor,
    server,
    failures,
    fetch: fetchIt,
    get: async (path) => answered(await fetchIt(path)),
    post: async (path, body) =>
      answered(
        await fetchIt(path, {
          method: 'POST',
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        }),
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const runs = '/api/v1/workflows/claude-code';

async function answered(response: Response): Promise<Answered> {
  return { status: response.status, document: await response.json() };
}

/** What fetch does not let a client send. @returns the status */
export function sent(
  server: HttpServer,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest(
      { host: '127.0.0.1', port: server.port, path, method, headers: { 'x-api-key': key, ...headers } },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
      },
    );
    request.once('error', reject).end();
  });
}
