import { en } from 'zod/locales';
import type * as z from 'zod/mini';
import { WardenError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest-names.ts';

const words = en().localeError;

const longestValue = 100;

/** @throws WardenError invalid_argument for the first that is wrong, with what was expected */
export function readArguments<Schema extends z.ZodMiniObject>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given, { error: words });
  if (result.success) return result.data;
  const { issues } = result.error;
  // First: whoever misspells a name has left out the right one.
  const unknown = issues.find((one) => one.code === 'unrecognized_keys' && one.path.length === 0);
  if (unknown?.code === 'unrecognized_keys') {
    const [key = ''] = unknown.keys;
    throw unknownArgument(key, valueAt(given, [key]), Object.keys(schema.def.shape));
  }
  const [issue] = issues;
  const path = issue?.path ?? [];
  throw new WardenError('invalid_argument', {
    argument: shortened(path.join('.')) || 'the arguments',
    value: shown(valueAt(given, path)),
    expected: shortened((issue?.message ?? '').replace(/^(Invalid input: e|E)xpected /, '')),
  });
}

function unknownArgument(key: string, value: unknown, known: readonly string[]): WardenError {
  const nearest = nearestNames(shortened(key), known);
  const expected = known.length === 0 ? 'no arguments' : `only ${known.join(', ')}`;
  return new WardenError('invalid_argument', {
    argument: shortened(key),
    value: shown(value),
    expected: nearest.length > 0 ? `${expected}; did you mean ${nearest.join(' or ')}?` : expected,
  });
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

function shown(value: unknown): string {
  return shortened(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}

function shortened(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text;
}
