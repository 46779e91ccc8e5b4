import { type ErrorCode, type ErrorFacts, isWardenError, WardenError } from '../core/errors.ts';

/** An error as it is handed to another thread: a copy made by the platform keeps neither code nor facts. */
export type FailureData =
  | {
      readonly kind: 'warden';
      readonly code: ErrorCode;
      readonly facts: ErrorFacts[ErrorCode];
      readonly stack?: string;
    }
  | { readonly kind: 'other'; readonly name: string; readonly message: string; readonly stack?: string };

export function dataOf(error: unknown): FailureData {
  const trace = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  if (isWardenError(error)) return { kind: 'warden', code: error.code, facts: error.facts, ...trace };
  if (error instanceof Error) return { kind: 'other', name: error.name, message: error.message, ...trace };
  return { kind: 'other', name: 'Error', message: String(error) };
}

export function errorFrom(data: FailureData): Error {
  const error = data.kind === 'warden' ? new WardenError(data.code, data.facts) : new Error(data.message);
  // By its name it is told that somebody cancelled.
  if (data.kind === 'other') error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
