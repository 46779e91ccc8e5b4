import { isWardenError } from '../core/errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Invocation } from './command.ts';

/** Null outside of a repository, unless one was asked for. */
export async function repositoryHere(
  supervisor: Supervisor,
  { directory, isDirectoryGiven }: Pick<Invocation, 'directory' | 'isDirectoryGiven'>,
): Promise<string | null> {
  try {
    return await supervisor.repositoryOf(directory);
  } catch (error) {
    const isOutside = isWardenError(error, 'not_a_repository') || isWardenError(error, 'bare_repository');
    if (isOutside && !isDirectoryGiven) return null;
    throw error;
  }
}
