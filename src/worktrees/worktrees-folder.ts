import { basename, dirname, join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { removeIfEmpty } from './remove-if-empty.ts';

/** Removes `<repository>.worktrees` when nothing is left in it; any other folder is not ours to remove. */
export async function removeWorktreesFolderIfEmpty(repository: Repository, directory: string): Promise<void> {
  const conventional = join(dirname(repository.path), `${basename(repository.path)}.worktrees`);
  if (directory === conventional) await removeIfEmpty(directory);
}
