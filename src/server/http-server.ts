import { getRequestListener } from '@hono/node-server';
import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { detailOf, WardenError } from '../core/errors.ts';
import { httpApp, type AppOptions } from './app.ts';
import { Problem } from './problem.ts';
import { routes } from './routes.ts';

export type Place =
  /** Of this machine alone; 0 is any that is free. */
  | { readonly port: number }
  /** Path of a socket, for this user alone. */
  | { readonly socket: string };

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or the path of the socket. */
  readonly address: string;
  /** Null on a socket. */
  readonly port: number | null;
}

/** Of a connection, in milliseconds: who is slower is cut off. */
export interface Limits {
  /** To send the headers; the first ones from when it is there. */
  readonly headersTimeout: number;
  /** To send all of a request. */
  readonly requestTimeout: number;
  /** Between two requests. */
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
  /** To take any of an answer. */
  readonly stalled: number;
}

const defaultLimits: Limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  stalled: 30_000,
};

/** No more than so many hold a connection. */
const mostConnections = 2_000;

/** What is being answered when the server is to end gets so long. */
const graceMilliseconds = 2_000;

/** A free port may be taken on one of the two addresses. */
const attempts = 5;

/** @throws WardenError cannot_listen */
export async function startHttpServer(
  place: Place,
  options: Pick<AppOptions, 'admit' | 'directory' | 'diagnostics'>,
  limits: Limits = defaultLimits,
): Promise<HttpServer> {
  const closing = new AbortController();
  let port: number | null = null;
  const app = httpApp({
    ...options,
    routes,
    port: () => port,
    closing: closing.signal,
    stalledMilliseconds: limits.stalled,
  });
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () => new Problem(400, 'invalid_request', 'This is no request that can be read.').response(),
  }) as RequestListener;
  const makeServer = (): Server => {
    const server = createServer(limits, listener);
    server.maxConnections = mostConnections;
    return server;
  };
  const servers: readonly [Server, ...Server[]] =
    'socket' in place ? [await listenOnSocket(place.socket, makeServer)] : await listenOnPort(place.port, makeServer);
  if (!('socket' in place)) port = portOf(servers[0]);
  return {
    address: 'socket' in place ? place.socket : `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await Promise.all(servers.map(close));
    },
  };
}

/** On both addresses of this machine, where it has both. */
async function listenOnPort(port: number, makeServer: () => Server): Promise<[Server, ...Server[]]> {
  for (let attempt = 1; ; attempt += 1) {
    const first = await listen(makeServer(), { host: '127.0.0.1', port });
    const chosen = portOf(first);
    try {
      return [first, await listen(makeServer(), { host: '::1', port: chosen, ipv6Only: true })];
    } catch (error) {
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(codeOf(error))) return [first];
      await close(first);
      if (port !== 0 || attempt === attempts) throw cannotListen(`[::1]:${chosen}`, error);
    }
  }
}

async function listenOnSocket(path: string, makeServer: () => Server): Promise<Server> {
  await removeAbandoned(path);
  // It is this user's from the first moment on, not only after the change of its mode.
  const before = process.umask(0o177);
  const listening = listen(makeServer(), { path });
  process.umask(before);
  const server = await listening;
  await chmod(path, 0o600);
  return server;
}

/** Nobody listens on a socket any more that was left behind. What is no socket stays. @throws WardenError cannot_listen */
async function removeAbandoned(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => null);
  if (entry === null) return;
  if (!entry.isSocket())
    throw new WardenError('cannot_listen', { place: path, detail: 'a file is there that is no socket' });
  if (await isAnswered(path)) throw new WardenError('cannot_listen', { place: path, detail: 'somebody listens there' });
  await rm(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED'));
    socket.once('connect', () => socket.destroy());
  });
}

function listen(
  server: Server,
  where: { readonly host: string; readonly port: number; readonly ipv6Only?: boolean } | { readonly path: string },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
      const isSecond = 'host' in where && where.host === '::1';
      reject(isSecond ? error : cannotListen(place, error));
    });
    server.listen(where, () => resolve(server));
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Those on which an answer ends now are kept open by their clients.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const late = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);

const cannotListen = (place: string, error: unknown): WardenError =>
  new WardenError('cannot_listen', { place, detail: detailOf(error) }, { cause: error });
