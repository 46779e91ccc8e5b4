import * as z from 'zod/mini';
import manifest from '../../package.json' with { type: 'json' };
import { livePath } from './live-path.ts';
import type { Route } from './route.ts';

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'details'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong and what to do about it, in words.' },
    code: { type: 'string', description: 'The same as on every other face.' },
    details: { type: 'object', description: 'The facts.' },
  },
} as const;

const refused = {
  description: 'It was not done. Status 4xx: the request; 5xx: the machine.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
} as const;

/** The document for `openapi.json`, from the schemas that validate. */
export function openApiOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {
    [livePath]: {
      get: {
        operationId: 'get_liveness',
        summary: 'Whether this server lives; needs no key',
        security: [],
        responses: {
          200: { description: 'It lives.', content: { 'application/json': { schema: { type: 'object' } } } },
        },
      },
    },
  };
  for (const route of routes) paths[route.at] = { ...paths[route.at], [route.method]: operationOf(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Workflow Warden',
      version: manifest.version,
      description: 'Runs of agents in git worktrees. See docs/api.md.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      schemas: { Problem: problem },
    },
  };
}

function operationOf({ name, summary, path, query, body, answers }: Route): object {
  const { type, description, status, schema } = answers;
  const parameters = [
    ...Object.entries(path.def.shape).map(([name, schema]) => parameterOf('path', name, schema)),
    ...Object.entries(query.def.shape).map(([name, schema]) => parameterOf('query', name, schema)),
  ];
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      ...Object.fromEntries(
        status.map((status) => [
          status,
          {
            description,
            content: { [type]: { schema: schema === undefined ? contentOf(type) : schemaOf(schema, 'input') } },
          },
        ]),
      ),
      default: refused,
    },
  };
}

const contentOf = (type: string): object => ({ type: type === 'application/json' ? 'object' : 'string' });

/** What a parameter is read as says what it may be. */
function parameterOf(place: 'path' | 'query', name: string, schema: z.core.$ZodType): object {
  const { description, ...rest } = schemaOf(schema, 'output');
  return {
    name,
    in: place,
    required: place === 'path',
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...(rest['type'] === 'array' ? { style: 'form', explode: false } : {}),
  };
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
