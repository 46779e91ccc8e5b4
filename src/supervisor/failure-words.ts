import { isWardenError } from '../core/errors.ts';
import { describeError, plainEnglish } from '../core/messages.ts';

/** What went wrong, in words that are kept with a run: those of the tool itself where a launch step already holds them. */
export function failureWords(error: unknown): string {
  if (isWardenError<'launch_failed'>(error, 'launch_failed')) return error.facts.detail;
  if (isWardenError(error)) return describeError(error, plainEnglish);
  return error instanceof Error ? error.message : String(error);
}
