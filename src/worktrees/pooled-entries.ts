import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PooledWorktree } from '../core/pool.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { poolLockReason } from '../core/removal.ts';
import { pooledPathFor } from '../core/worktree-names.ts';
import { adminDirectoryOf, adminEntries, adminEntry, type AdminEntry, isWorktreeOf } from './admin-entries.ts';
import { operationIn } from './operation.ts';
import type { PoolMark, PoolTaker } from './pool-mark.ts';
import { unlessMissing } from './system-failure.ts';

/** Git's entry of a worktree of the pool. */
export type PooledEntry = AdminEntry & { readonly pool: PoolMark; readonly path: string };

export function isPooled(entry: AdminEntry | null): entry is PooledEntry {
  return entry !== null && entry.pool !== null && entry.path !== null;
}

/** For whom it is being handed out; null when it is for nobody. */
export function takerOf({ state }: PoolMark): PoolTaker | null {
  return state.by === null ? null : state.run;
}

export async function pooledEntries(repository: Repository): Promise<PooledEntry[]> {
  return (await adminEntries(repository)).filter((entry) => isPooled(entry));
}

/** The same, found by their folders: however many worktrees the repository has, only these are looked at. */
export async function pooledEntriesByFolder(repository: Repository): Promise<PooledEntry[]> {
  const entries = await Promise.all(
    (await pooledFolders(repository.path)).map(async (folder) => {
      const directory = await adminDirectoryOf(folder);
      return directory === null ? null : await adminEntry(directory);
    }),
  );
  return entries.filter((entry) => isPooled(entry));
}

/** What is where prepared worktrees are. */
export async function pooledFolders(repositoryPath: string): Promise<string[]> {
  const sample = pooledPathFor(repositoryPath, '');
  const names = (await unlessMissing(readdir(dirname(sample)))) ?? [];
  return names.filter((name) => name.startsWith(basename(sample))).map((name) => join(dirname(sample), name));
}

/** A look at what tells of a change and costs next to nothing; it reads no files. */
export async function lookAt(entry: PooledEntry): Promise<PooledWorktree> {
  const { pool, path } = entry;
  const { id, commit, state } = pool;
  if (state.by !== null) return { id, path, commit, state: 'busy', settings: null, lookedAt: null };
  const isAsPrepared =
    entry.lockReason === poolLockReason(id) &&
    entry.head === commit &&
    (await indexLookOf(entry.directory)) === state.index &&
    (await operationIn(entry.directory)) === null &&
    (await isWorktreeOf(entry));
  const { settings, lookedAt } = state;
  return { id, path, commit, state: isAsPrepared ? 'ready' : 'touched', settings, lookedAt };
}

/** Changes whenever anybody writes the index. */
export async function indexLookOf(adminDirectory: string): Promise<string> {
  const facts = await unlessMissing(lstat(join(adminDirectory, 'index'), { bigint: true }));
  return facts === null ? 'none' : `${facts.size}-${facts.mtimeNs}-${facts.ino}`;
}

/** Where its files are: while it is handed out, what git has written down of that may be true already or not yet. */
export async function foldersOf(entry: AdminEntry, pool: PoolMark): Promise<string[]> {
  const taker = takerOf(pool);
  const places = new Set([entry.path, taker?.path, taker === null ? undefined : besideOf(taker.path, pool.id)]);
  const found: string[] = [];
  for (const place of places) {
    if (place == null) continue;
    if (await isWorktreeOf({ ...entry, path: place })) found.push(place);
  }
  return found;
}

function besideOf(path: string, id: string): string {
  return join(dirname(path), `.pool-${id}`);
}
