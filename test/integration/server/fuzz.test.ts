import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs, serving } from './serving.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | null;
}

type Schema = Readonly<Record<string, unknown>>;

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    '..',
    '../../etc/passwd',
    '%00',
    'null',
    '-1',
    '1e999',
    '$(reboot)',
    '\u001b[2J',
    '<script>',
    '{}',
  ),
);

/** What a schema allows, and not quite. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const right =
    'enum' in schema
      ? fc.constantFrom(...(schema['enum'] as unknown[]))
      : schema['type'] === 'boolean'
        ? fc.boolean()
        : schema['type'] === 'integer' || schema['type'] === 'number'
          ? fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.double())
          : schema['type'] === 'array'
            ? fc.array(valueOf(schema['items'] as Schema), { maxLength: 3 })
            : schema['format'] === 'date-time'
              ? fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
              : odd;
  return fc.oneof(
    { weight: 5, arbitrary: right },
    { weight: 1, arbitrary: fc.oneof(odd, fc.jsonValue({ maxDepth: 2 })) },
  );
}

function recordOf(properties: Readonly<Record<string, Schema>>): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]));
  const stray = fc.dictionary(
    fc.oneof(odd, fc.constantFrom('__proto__', 'constructor')),
    fc.jsonValue({ maxDepth: 1 }),
    { maxKeys: 1 },
  );
  return fc
    .tuple(fc.record(known, { requiredKeys: [] }), fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, stray))
    .map(([right, more]) => ({ ...right, ...more }));
}

function requestOf({ method, path, query, body }: Operation) {
  const ids = fc.oneof(fc.constant('run_000000000000'), odd);
  return fc.record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD') },
    ),
    path: ids.map((id) => path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(wellFormed(id)))),
    query: recordOf(query),
    body: body === null ? fc.constant(null) : recordOf(body['properties'] as Record<string, Schema>),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=latin1') },
    ),
    cut: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) }),
  });
}

const wellFormed = (text: string): string => text.toWellFormed();

test('whatever is made up from the description is answered, never with 5xx', async () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  await using serves = await serving();
  const { document } = await serves.get('/openapi.json');
  const operations = operationsIn(document);
  expect(operations.length).toBeGreaterThan(14);
  const seen = new Map<number, number>();
  for (const operation of operations) {
    const samples = fc.sample(requestOf(operation), { numRuns: 150, seed: 20_251_121 });
    for (let first = 0; first < samples.length; first += 10) {
      await Promise.all(
        samples.slice(first, first + 10).map(async ({ method, path, query, body, type, cut }) => {
          const search = new URLSearchParams(
            Object.entries(query).map(([name, value]): [string, string] => [
              wellFormed(name),
              wellFormed(String(value)),
            ]),
          );
          const text = JSON.stringify(body);
          const response = await serves.fetch(`${path}?${search.toString()}`, {
            method,
            ...(body === null || method === 'GET' || method === 'HEAD'
              ? {}
              : { body: text.slice(0, text.length - cut), headers: { 'content-type': type } }),
          });
          const answer = await response.text();
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
          if (response.status >= 500)
            expect.fail(`${method} ${path}?${search.toString()} ${text}: ${response.status} ${answer}`);
        }),
      );
    }
  }
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
  expect(serves.failures).toEqual([]);
  // It got past the first checks, and was refused where it should be.
  for (const status of [200, 400, 404, 405, 415]) expect(seen.get(status) ?? 0).toBeGreaterThan(10);
  expect((await serves.get(`${runs}/runs`)).document.runs).toEqual([]);
});

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

interface DescribedOperation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

function operationsIn({ paths }: Described): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: Object.fromEntries(
        parameters.filter((parameter) => parameter.in === 'query').map(({ name, schema }) => [name, schema]),
      ),
      body: requestBody?.content['application/json'].schema ?? null,
    })),
  );
}
