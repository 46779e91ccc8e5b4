import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WardenError } from '../core/errors.ts';
import { removeTree } from './remove-tree.ts';
import { unlessMissing } from './system-failure.ts';

const ours = /-[0-9a-f]{16}\.removed$/;

/** The trash is beside the worktrees, so that going there is one rename however much is in it. */
export function trashFolderIn(worktreesFolder: string): string {
  return join(worktreesFolder, '.trash');
}

/**
 * Called with the repository's lock held, as is the removal of an empty trash: that must not come in between.
 * @returns where the folder is now
 */
export async function moveToTrash(worktreePath: string): Promise<string> {
  const trash = trashFolderIn(dirname(worktreePath));
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
  const failures: unknown[] = [];
  for (const folder of await foldersInTrash(trash)) {
    await removeTree(folder).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** What of ours is in it: what is being deleted now, and what could not be. */
export async function foldersInTrash(trash: string): Promise<string[]> {
  if (!(await isRealFolder(trash))) return [];
  const names = (await unlessMissing(readdir(trash))) ?? [];
  return names.filter((name) => ours.test(name)).map((name) => join(trash, name));
}

async function isRealFolder(path: string): Promise<boolean> {
  return (await unlessMissing(lstat(path)))?.isDirectory() === true;
}
