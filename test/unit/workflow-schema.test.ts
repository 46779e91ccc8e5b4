import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaFile, workflowsJsonSchema } from '../generate-schema.ts';

const written: unknown = JSON.parse(readFileSync(schemaFile, 'utf8'));

test('the contributed schema is the one that the code reads by: else run "node test/generate-schema.ts"', () => {
  expect(written).toEqual(workflowsJsonSchema());
});

test('VS Code accepts comments and trailing commas, as the reader does', () => {
  expect(written).toMatchObject({ allowComments: true, allowTrailingCommas: true });
});

test('every key of a workflow is described, and the documented defaults are offered', () => {
  const { properties } = workflowsJsonSchema() as {
    properties: { workflows: { additionalProperties: { properties: Record<string, object> } } };
  };
  const keys = properties.workflows.additionalProperties.properties;
  const undescribed = Object.keys(keys).filter((key) => !('description' in (keys[key] ?? {})));
  const defaults = Object.entries(keys).flatMap(([key, value]) => ('default' in value ? [[key, value.default]] : []));

  expect(undescribed).toEqual([]);
  expect(Object.fromEntries(defaults)).toEqual({
    setupTimeoutMinutes: 15,
    teardownTimeoutSeconds: 60,
    initializationTimeoutMinutes: 30,
    timeoutMinutes: 30,
    stuckAfterMinutes: 5,
    onStuck: 'notify',
    onTimeout: 'kill',
    onLimit: 'notify',
    ports: 0,
    persistent: false,
  });
});
