import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/** What an index may end with, by the kind of names that the repository uses (gitformat-index(5)). */
const checksums = [
  { algorithm: 'SHA-1', bytes: 20 },
  { algorithm: 'SHA-256', bytes: 32 },
];

/**
 * Whether the index of a worktree is as git wrote it. Git itself looks only in `fsck`, and takes an index that was cut
 * off for one with other files in it. The sum is made off the event loop: an index may have megabytes.
 */
export async function isIndexWhole(adminDirectory: string): Promise<boolean> {
  const index = await unlessMissing(readFile(join(adminDirectory, 'index')));
  if (index === null) return true;
  for (const { algorithm, bytes } of checksums) {
    const content = index.subarray(0, -bytes);
    const sum = index.subarray(-bytes);
    // Where `index.skipHash` is set there are only zeros.
    if (index.length > bytes && sum.every((byte) => byte === 0)) return true;
    if (sum.equals(Buffer.from(await crypto.subtle.digest(algorithm, content)))) return true;
  }
  return false;
}
