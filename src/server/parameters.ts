import { isAbsolute } from 'node:path';
import * as z from 'zod/mini';
import { timeWithOffset } from '../core/time-text.ts';

/** No parameter, or no field. */
export const nothing = z.strictObject({});

export const runIdText = z
  .string()
  .check(
    z.regex(/^run_[0-9a-f]{12}$/, 'Expected run_ and 12 hexadecimal digits'),
    z.meta({ description: 'Id of a run.' }),
  );

export const runPath = z.strictObject({ run_id: runIdText });

/** In a query everything is text. */
const parsed = <Output extends z.ZodMiniType>(parse: (text: unknown) => unknown, output: Output) =>
  z.pipe(z.transform(parse), output);

const booleans = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** `true` or `false`; false when absent. */
export const flag = (description: string) =>
  z._default(
    parsed((text) => booleans.get(text) ?? text, z.boolean('Expected true or false')).check(z.meta({ description })),
    false,
  );

export const wholeNumber = (description: string, least: number, most: number) =>
  parsed(
    (text) => (typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : text),
    z.int(`Expected a whole number from ${least} to ${most}`).check(z.gte(least), z.lte(most)),
  ).check(z.meta({ description }));

/** Several, with commas between them. */
export const listOf = <Item extends z.ZodMiniType>(description: string, item: Item) =>
  parsed((text) => (typeof text === 'string' ? text.split(',') : text), z.array(item).check(z.maxLength(20))).check(
    z.meta({ description }),
  );

/** To be read by `millisecondsOf`. */
export const time = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Expected a time with an offset, e.g. 2025-06-16T13:33:06Z (in a URL + is %2B)' })
    .check(z.maxLength(40), z.meta({ description }));

/** Epoch milliseconds of a time that was let through; the command line reads times by the same rules. */
export const millisecondsOf = (time: string): number => timeWithOffset(time) ?? Number.NaN;

/** Text that can be an argument of a command: without the character that ends one. */
export const text = (description: string, longest: number) =>
  z
    .string()
    .check(z.maxLength(longest), z.regex(/^[^\0]*$/, 'Must not hold the character NUL'), z.meta({ description }));

export const nonEmptyText = (description: string, longest: number) => text(description, longest).check(z.minLength(1));

export const reason = z.optional(text('Why, for the record.', 2_000));

export const repository = z.optional(
  nonEmptyText(
    'A folder in the repository that is meant; that in which the server was started when absent.',
    4_096,
  ).check(z.refine((path) => isAbsolute(path), 'Expected an absolute path')),
);
