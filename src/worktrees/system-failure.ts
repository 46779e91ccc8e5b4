import { detailOf, isWardenError, WardenError } from '../core/errors.ts';

/** The code of an error of the operating system, e.g. `ENOENT`; null for anything else. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Null instead of the error, where the file or folder is simply not there. */
export async function unlessMissing<Result>(result: Promise<Result>): Promise<Result | null> {
  try {
    return await result;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** What the operating system refused, as an error of ours; errors of ours and cancellations stay what they are. */
export function systemFailure(operation: string, path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (isWardenError(error) || code === null || code === 'ABORT_ERR') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new WardenError('disk_full', { path }, { cause: error });
  return new WardenError('git_failed', { operation, detail: detailOf(error) }, { cause: error });
}
