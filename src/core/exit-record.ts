import type { ExitRecord } from './run.ts';

/** Bytes reserved for the exit record when the run folder is made. */
export const exitRecordBytes = 4096;

/**
 * Reads `exit <status>` as the wrapper's shell wrote it. Only blanks, or less than a line: unknown. Before it stands
 * `never began` where the launcher went away before it let the command go.
 * A shell tells a death by signal as 128 + its number and cannot tell it from an exit with that code, so the code is
 * what is reported.
 */
export function exitRecordIn(text: string, endedAt: number): ExitRecord | null {
  if (text.startsWith('never began\n')) return { exitCode: null, signal: null, endedAt, neverBegan: true };
  const status = /^exit (\d{1,3})\n/.exec(text)?.[1];
  return status === undefined ? null : { exitCode: Number(status), signal: null, endedAt };
}
