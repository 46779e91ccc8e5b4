import * as z from 'zod/mini';
import { nonEmptyText } from '../parameters.ts';

export { millisecondsOf, nonEmptyText, reason, repository, text } from '../parameters.ts';

export const flag = (description: string) => z._default(z.boolean(), false).check(z.meta({ description }));

export const wholeNumber = (description: string, least: number, most: number) =>
  z.int().check(z.gte(least), z.lte(most), z.meta({ description }));

/** Any text: one that is misspelt is answered with the nearest ids. */
export const runId = nonEmptyText('Id of the run, e.g. run_5fbae44ab6f0.', 64);

/** To be read by `millisecondsOf`. */
export const time = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Expected a time with an offset, e.g. 2025-06-16T13:33:06+02:00' })
    .check(z.maxLength(40), z.meta({ description }));
