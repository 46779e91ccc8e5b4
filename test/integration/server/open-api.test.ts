import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { routes } from '../../../src/server/routes.ts';
import { serving } from './serving.ts';

test('the interface is described as a schema checker accepts it, every route with what it takes', async () => {
  await using serves = await serving();
  const { status, document } = await serves.get('/openapi.json');
  expect(status).toBe(200);
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  for (const { at, method, name } of routes) expect(document.paths[at][method].operationId).toBe(name);

  const kill = document.paths['/api/v1/workflows/claude-code/run/{run_id}/kill'].post;
  expect(kill.parameters).toMatchObject([
    { name: 'run_id', in: 'path', required: true, schema: { type: 'string', pattern: '^run_[0-9a-f]{12}$' } },
    { name: 'force', in: 'query', required: false, schema: { type: 'boolean' } },
    { name: 'dry_run', in: 'query', schema: { type: 'boolean', default: false } },
  ]);
  expect(kill.requestBody.content['application/json'].schema).toMatchObject({
    additionalProperties: false,
    properties: { reason: { type: 'string' } },
  });
});
