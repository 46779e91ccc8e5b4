import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { WardenError } from '../../../src/core/errors.ts';
import { readArguments } from '../../../src/server/mcp/read-arguments.ts';

const schema = z.strictObject({ run_id: z.string(), force: z.optional(z.boolean()) });

function factsOf(given: unknown): object {
  try {
    readArguments(schema, given);
  } catch (error) {
    if (error instanceof WardenError) return error.facts;
  }
  throw new Error('they were taken');
}

describe('the arguments of a tool', () => {
  test('are taken as they are declared', () => {
    expect(readArguments(schema, { run_id: 'x', force: true })).toEqual({ run_id: 'x', force: true });
  });

  test.each([
    [{}, { argument: 'run_id', value: 'nothing', expected: 'string, received undefined' }],
    [{ run_id: null }, { argument: 'run_id', value: 'null' }],
    [{ run_id: { a: 1 } }, { argument: 'run_id', value: '{"a":1}' }],
    [
      { run_id: 'x', forse: 1 },
      { argument: 'forse', value: '1', expected: expect.stringContaining('did you mean force?') },
    ],
    [{ run_id: 'x', ['y'.repeat(1_000)]: 1 }, { argument: `${'y'.repeat(100)}…` }],
    [[], { argument: 'the arguments', value: '[]' }],
    [JSON.parse('{"run_id":"x","__proto__":{}}'), { argument: '__proto__' }],
  ])('that are wrong, %j, are told with what is expected', (given, facts) => {
    expect(factsOf(given)).toMatchObject(facts);
  });
});
