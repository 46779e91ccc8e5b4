import type * as z from 'zod/mini';
import type { Followers } from './followers.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** A request that was admitted and is valid. */
export interface Asked<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  /** The verbs, as whoever asks. */
  readonly supervisor: Supervisor;
  /** The folder in which the server was started. */
  readonly directory: string;
  /** Aborts when nobody waits for the answer any more, or the server ends. */
  readonly gone: AbortSignal;
  /** Whether the key is still one: an answer that takes long must not outlive it. */
  readonly isAdmitted: () => Promise<boolean>;
  readonly followers: Followers;
}

export interface JsonAnswer {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly document: object;
}

/** One path and method: from its schemas requests are validated and `openapi.json` is made. */
export interface Route<
  Path extends z.ZodMiniObject = z.ZodMiniObject,
  Query extends z.ZodMiniObject = z.ZodMiniObject,
  Body extends z.ZodMiniObject = z.ZodMiniObject,
> {
  readonly name: string;
  readonly method: 'get' | 'post';
  /** With `{name}` for each key of `path`. */
  readonly at: string;
  readonly summary: string;
  readonly path: Path;
  readonly query: Query;
  /** Null where none is taken. Where one is, none at all counts as `{}`. */
  readonly body: Body | null;
  /** What it answers when it is done. */
  readonly answers: {
    readonly status: readonly number[];
    readonly type: string;
    readonly description: string;
    /** Of the document, where it is told. */
    readonly schema?: z.ZodMiniType;
  };
  answer(asked: Asked<z.output<Path>, z.output<Query>, z.output<Body>>): Promise<JsonAnswer | Response>;
}

/** Ties what `answer` sees to the schemas that are declared. */
export function defineRoute<Path extends z.ZodMiniObject, Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  route: Route<Path, Query, Body>,
): Route<Path, Query, Body> {
  return route;
}
