import type { Dirent, OpenDirOptions, Stats } from 'node:fs';
import { chmod, lstat, opendir, realpath, rmdir, unlink } from 'node:fs/promises';
import { WardenError } from '../core/errors.ts';
import { inBatches } from './in-batches.ts';
import { mountPointsBelow } from './mount-points.ts';
import { rawJoin } from './raw-path.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/** How many entries of a folder are looked at in one go. */
const mostEntries = 512;

/**
 * Deletes a folder and all that is in it. Links and junctions are unlinked, never followed, and other file systems not
 * entered. Small asynchronous steps: the event loop stays free. Nothing there is fine.
 * @param onRemoved told of each file with the bytes that it took on its disk, at the price of a look at it
 * @throws WardenError git_failed when something is mounted in it: then nothing is deleted
 */
export async function removeTree(directory: string, onRemoved?: (bytes: number) => void): Promise<void> {
  const root = Buffer.from(directory);
  const facts = await unlessMissing(lstat(root));
  if (facts === null) return;
  await requireNothingMounted(directory, facts);
  if (facts.isDirectory()) await removeDirectory(root, facts.dev, onRemoved);
  else await removeFile(root, onRemoved);
}

/** A folder of the same file system that is bound to one inside is told by nothing but the table of mounts. */
async function requireNothingMounted(directory: string, facts: Stats): Promise<void> {
  if (!facts.isDirectory()) return;
  const [mountPoint] = await mountPointsBelow(await realpath(directory));
  if (mountPoint === undefined) return;
  const detail = `something is mounted in it: ${mountPoint}`;
  throw new WardenError('git_failed', { operation: 'remove folder', detail });
}

async function removeFile(file: Buffer, onRemoved?: (bytes: number) => void): Promise<void> {
  const facts = onRemoved === undefined ? null : await unlessMissing(lstat(file));
  await unlessMissing(unlink(file));
  if (facts !== null) onRemoved?.(bytesFreedOf(facts));
}

/** None where the file has another name still. Windows does not tell blocks. */
function bytesFreedOf(facts: Stats): number {
  if (facts.nlink > 1) return 0;
  return process.platform === 'win32' ? facts.size : facts.blocks * 512;
}

/** @returns false for one of another file system, which stays */
async function removeDirectory(
  directory: Buffer,
  device: number,
  onRemoved?: (bytes: number) => void,
): Promise<boolean> {
  const facts = await unlessMissing(lstat(directory));
  if (facts !== null && facts.dev !== device) return false;
  if (facts !== null) await unlessMissing(makeOpen(directory, facts));
  for (let hasMore = facts !== null; hasMore;) {
    const entries = (await unlessMissing(someEntries(directory))) ?? [];
    const files = entries.filter((entry) => !entry.isDirectory());
    await inBatches(files, 32, async (file) => await removeFile(rawJoin(directory, file.name), onRemoved));
    let removed = files.length;
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      if (await removeDirectory(rawJoin(directory, entry.name), device, onRemoved)) removed += 1;
    }
    // Those that stay are met again.
    hasMore = entries.length === mostEntries && removed > 0;
  }
  await unlessMissing(rmdir(directory));
  return true;
}

/** Package caches make their folders read-only, which keeps even their owner from deleting what is in them. */
async function makeOpen(directory: Buffer, { mode }: Stats): Promise<void> {
  if ((mode & 0o700) === 0o700) return;
  await chmod(directory, 0o700).catch((error: unknown) => {
    if (systemCode(error) !== 'EPERM') throw error;
  });
}

/** Not all at once: to list a hundred thousand takes the event loop most of a second. */
async function someEntries(directory: Buffer): Promise<Dirent<Buffer>[]> {
  const entries: Dirent<Buffer>[] = [];
  // The types know names as text only.
  const options = { encoding: 'buffer', bufferSize: 64 } as unknown as OpenDirOptions;
  for await (const entry of await opendir(directory, options)) {
    entries.push(entry as unknown as Dirent<Buffer>);
    if (entries.length === mostEntries) break;
  }
  return entries;
}
