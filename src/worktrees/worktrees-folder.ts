import { basename, dirname, join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { removeIfEmpty } from './remove-if-empty.ts';

/** Where worktrees are: `<repository>.worktrees`. */
export function worktreesFolderOf({ path }: Repository): string {
  return join(dirname(path), `${basename(path)}.worktrees`);
}

/** Removes that folder when nothing is left in it; any other folder is not ours to remove. */
export async function removeWorktreesFolderIfEmpty(repository: Repository, directory: string): Promise<void> {
  if (directory === worktreesFolderOf(repository)) await removeIfEmpty(directory);
}
