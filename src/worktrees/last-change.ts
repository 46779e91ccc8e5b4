import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inBatches } from './in-batches.ts';

/** More are not looked at: this is asked again and again while a run is quiet. */
const entriesAtMost = 4_000;

/** What tools fill with files that nobody wrote. */
const skipped = new Set(['.git', 'node_modules', '.venv', '__pycache__']);

/**
 * When something in a worktree was last changed, in epoch milliseconds: the newest of the folders and files near the top.
 * Links are not followed.
 */
export async function lastChangeIn(worktreePath: string): Promise<number | null> {
  let newest: number | null = null;
  let left = entriesAtMost;
  const folders = [worktreePath];
  for (let folder = folders.shift(); folder !== undefined && left > 0; folder = folders.shift()) {
    const parent = folder;
    const entries = (await readdir(parent, { withFileTypes: true }).catch((): Dirent[] => [])).slice(0, left);
    left -= entries.length;
    await inBatches(entries, 32, async (entry) => {
      if (skipped.has(entry.name)) return;
      const path = join(parent, entry.name);
      const facts = await lstat(path).catch(() => null);
      if (facts !== null) newest = Math.max(newest ?? 0, Math.round(facts.mtimeMs));
      if (entry.isDirectory()) folders.push(path);
    });
  }
  return newest;
}
