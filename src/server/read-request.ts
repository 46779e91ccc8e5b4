import { en } from 'zod/locales';
import type * as z from 'zod/mini';
import { Problem } from './problem.ts';
import type { Route } from './route.ts';

/** More is no request for a run: what is long belongs into a file. */
const longestBodyBytes = 64 * 1024;

/** Who sends more than this is cut off. */
const longestDroppedBytes = 32 * 1024 * 1024;

const words = en().localeError;

type Place = 'path' | 'query' | 'body';

/** @throws Problem invalid_request, naming each field */
export function valid<Schema extends z.ZodMiniType>(schema: Schema, place: Place, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { error: words });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    in: place,
    field: issue.path.join('.').slice(0, 100),
    problem: issue.message.slice(0, 300),
  }));
  const [first] = problems;
  const where = first === undefined || first.field === '' ? `the ${place}` : `${first.field} in the ${place}`;
  throw new Problem(400, 'invalid_request', `${where} is not valid: ${first?.problem ?? ''}`, { problems });
}

/** @throws Problem invalid_request for one that is given twice */
export function queryOf(url: string): Readonly<Record<string, string>> {
  const { searchParams } = new URL(url);
  const names = [...searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidRequest('query', twice.slice(0, 100), 'Given more than once');
  return Object.fromEntries(searchParams);
}

/** The body as JSON; `{}` where there is none. @throws Problem unsupported_media_type, body_too_large, invalid_request */
export async function bodyOf(route: Route, request: Request): Promise<unknown> {
  const type = request.headers.get('content-type');
  const bytes = await bytesOf(request);
  if (route.body === null) {
    if (bytes.length > 0) throw invalidRequest('body', '', 'None is expected');
    return {};
  }
  if (bytes.length === 0 && type === null) return {};
  if (type === null || !/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new Problem(415, 'unsupported_media_type', 'Expected Content-Type: application/json.');
  }
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw invalidRequest('body', '', 'Not JSON in UTF-8');
  }
}

/**
 * No more of it than may be is ever held. The rest of what is too long is read and dropped, since a client that is cut off
 * while it sends sees no answer.
 */
async function bytesOf(request: Request): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    length += chunk.length;
    if (length > longestDroppedBytes) break;
    if (length > longestBodyBytes) chunks = [];
    else chunks.push(chunk);
  }
  if (length <= longestBodyBytes) return Buffer.concat(chunks);
  const words = `A body may have ${longestBodyBytes} bytes at most.`;
  throw new Problem(413, 'body_too_large', words, {}, { connection: 'close' });
}

function invalidRequest(place: Place, field: string, problem: string): Problem {
  const where = field === '' ? `the ${place}` : `${field} in the ${place}`;
  return new Problem(400, 'invalid_request', `${where} is not valid: ${problem}`, {
    problems: [{ in: place, field, problem }],
  });
}
