import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WardenError } from '../core/errors.ts';
import { removeTree } from './remove-tree.ts';
import { unlessMissing } from './system-failure.ts';

const ours = /-[0-9a-f]{16}\.removed$/;

/** The trash is beside the worktree, so that going there is one rename however much is in it. */
export function trashFolderOf(worktreePath: string): string {
  return join(dirname(worktreePath), '.trash');
}

/**
 * Called with the repository's lock held, as is the removal of an empty trash: that must not come in between.
 * @returns where the folder is now
 */
export async function moveToTrash(worktreePath: string): Promise<string> {
  const trash = trashFolderOf(worktreePath);
  await mkdir(trash, { recursive: true });
  if (!(await isRealFolder(trash))) {
    throw new WardenError('git_failed', { operation: 'remove worktree', detail: `${trash} is a link` });
  }
  const destination = join(trash, `${basename(worktreePath)}-${randomBytes(8).toString('hex')}.removed`);
  await rename(worktreePath, destination);
  return destination;
}

/**
 * Deletes what was moved there, by us now or by anyone of us who was interrupted. The folder itself stays.
 * @throws what kept the first that could not be deleted; the others have gone even so
 */
export async function emptyTrash(trash: string): Promise<void> {
  if (!(await isRealFolder(trash))) return;
  const failures: unknown[] = [];
  for (const name of (await unlessMissing(readdir(trash))) ?? []) {
    if (ours.test(name)) await removeTree(join(trash, name)).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

async function isRealFolder(path: string): Promise<boolean> {
  return (await unlessMissing(lstat(path)))?.isDirectory() === true;
}
