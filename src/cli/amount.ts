import { UsageError } from './usage-error.ts';

/** A whole number from 1 on. @throws UsageError naming the option */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new UsageError(`"${text}" is not valid for --${option}. Expected: a whole number from 1 on.`, null);
}

/** A number from 0 on, fractions too. @throws UsageError naming the option */
export function amount(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && Number.isFinite(number)) return number;
  throw new UsageError(`"${text}" is not valid for --${option}. Expected: a number from 0 on.`, null);
}
