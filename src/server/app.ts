import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { randomUUID } from 'node:crypto';
import { isWardenError } from '../core/errors.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { admitted, requireLocal } from './admission.ts';
import { Followers } from './followers.ts';
import { livePath } from './live-path.ts';
import { Problem, problemOf } from './problem.ts';
import { bodyOf, queryOf, valid } from './read-request.ts';
import type { JsonAnswer, Route } from './route.ts';

/** Who has shown a key. */
export interface Guest {
  /** The verbs as he may use them. */
  readonly supervisor: Supervisor;
  /** He is told of the status of runs only, and nothing of the machine. */
  readonly isExternal: boolean;
}

export interface AppOptions {
  readonly routes: readonly Route[];
  /** Null for a key that is none. Given null where none was shown. */
  readonly admit: (key: string | null) => Promise<Guest | null>;
  /** Where requests that name no repository belong. */
  readonly directory: string;
  /** Null on a socket. */
  readonly port: () => number | null;
  /** Aborts when the server ends. */
  readonly closing: AbortSignal;
  /** A client that takes nothing for so long is cut off. */
  readonly stalledMilliseconds: number;
  readonly diagnostics: Diagnostics;
}

type Environment = { readonly Bindings: HttpBindings; readonly Variables: { guest?: Guest } };

/** Text of runs is data wherever it is shown: nothing here is ever a page. */
const headersOfAll = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** What is asked over HTTP, from the first check to the answer. No verb and no decision is its own. */
export function httpApp(options: AppOptions): Hono<Environment> {
  const { routes, diagnostics } = options;
  const app = new Hono<Environment>();
  const followers = new Followers();
  app.onError((error, { get }) => problemFor(error, diagnostics, get('guest')).response());
  app.notFound(() => new Problem(404, 'unknown_route', 'There is nothing here: see /openapi.json.').response());
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headersOfAll)) context.res.headers.set(name, value);
    context.env.incoming.socket.setTimeout(options.stalledMilliseconds);
  });
  app.use(async (context, next) => {
    requireLocal(context.env.incoming.url ?? '', context.req.raw.headers, options.port());
    await next();
  });
  app.get(livePath, (context) => context.json({ live: true }));
  app.use(async (context, next) => {
    context.set('guest', await admitted(context.req.raw.headers, options.admit));
    await next();
  });
  for (const route of routes) {
    app.on(route.method.toUpperCase(), patternOf(route), async ({ req, get }) => {
      const path = valid(route.path, 'path', req.param());
      const query = valid(route.query, 'query', queryOf(req.url));
      const given = await bodyOf(route, req.raw);
      const body = route.body === null ? {} : valid(route.body, 'body', given);
      const gone = AbortSignal.any([req.raw.signal, options.closing]);
      const { headers } = req.raw;
      const { supervisor } = get('guest') ?? refuse();
      const isAdmitted = async (): Promise<boolean> => (await options.admit(headers.get('x-api-key'))) !== null;
      const { directory } = options;
      return responseOf(
        await route.answer({ path, query, body, headers, supervisor, directory, gone, isAdmitted, followers }),
      );
    });
  }
  const byPattern = Map.groupBy(routes, patternOf);
  for (const [pattern, those] of [...byPattern, [livePath, [{ method: 'get' }]] as const]) {
    const allow = those.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST'])).join(', ');
    app.all(pattern, () => {
      throw new Problem(405, 'method_not_allowed', `Expected ${allow}.`, {}, { allow });
    });
  }
  return app;
}

/** Nobody comes so far without a key. */
function refuse(): never {
  throw new RangeError('a guest for each request');
}

function patternOf({ at }: Route): string {
  return at.replaceAll(/\{(\w+)\}/g, ':$1');
}

function responseOf(answer: JsonAnswer | Response): Response {
  if (answer instanceof Response) return answer;
  return new Response(`${JSON.stringify(answer.document)}\n`, {
    status: answer.status ?? 200,
    headers: { 'content-type': 'application/json', ...answer.headers },
  });
}

/** What nobody expected is told by an id, under which it can be found where the server tells what went wrong. */
function problemFor(error: unknown, diagnostics: Diagnostics, guest: Guest | undefined): Problem {
  if (error instanceof Problem) return error;
  if (isWardenError(error)) return problemOf(error, guest?.isExternal);
  const id = randomUUID();
  diagnostics.failed(`answering a request (${id})`, error);
  return new Problem(500, 'unexpected', 'Something went wrong that should not.', { id });
}
