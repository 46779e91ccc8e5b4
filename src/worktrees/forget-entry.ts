import { randomUUID } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import type { AdminEntry } from './admin-entries.ts';
import { deleteBranchOfRun } from './branches.ts';
import { markOf } from './ownership-mark.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { removeTree } from './remove-tree.ts';

const prefix = 'warden-removed-';

/**
 * Makes git forget a worktree: what `git worktree remove` does once the folder has gone, for this one entry and no
 * other. Setting the entry aside is one step, so nothing half-removed is ever left under `worktrees`, and the mark in it
 * still tells an heir which branch was to go with it. Called, like all of these, with the repository's lock held.
 * @returns where the entry is now, to be discarded once the branch was seen to
 */
export async function setEntryAside(repository: Repository, entry: AdminEntry): Promise<string> {
  const aside = join(repository.gitDirectory, `${prefix}${basename(entry.directory)}-${randomUUID()}`);
  await rename(entry.directory, aside);
  return aside;
}

/** @param aside null where there was no entry; git may have left the folder of all entries empty even so */
export async function discardEntry(repository: Repository, aside: string | null): Promise<void> {
  if (aside !== null) await removeTree(aside);
  await removeIfEmpty(join(repository.gitDirectory, 'worktrees'));
}

/** Does the rest for entries that were set aside by someone who was interrupted before it. */
export async function finishEarlierRemovals(repository: Repository): Promise<void> {
  for (const name of await readdir(repository.gitDirectory)) {
    if (!name.startsWith(prefix)) continue;
    const aside = join(repository.gitDirectory, name);
    const mark = await markOf(aside);
    if (mark !== null) await deleteBranchOfRun(repository, mark);
    await discardEntry(repository, aside);
  }
}
