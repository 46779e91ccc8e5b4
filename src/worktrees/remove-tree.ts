import type { Stats } from 'node:fs';
import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/**
 * Deletes a folder and all that is in it. Links and junctions are unlinked, never followed, and what is mounted inside
 * from another file system is left. Small asynchronous steps: the event loop stays free. Nothing there is fine.
 * @param onRemoved told of each file with the bytes that it took on its disk, at the price of a look at it
 */
export async function removeTree(directory: string, onRemoved?: (bytes: number) => void): Promise<void> {
  const root = Buffer.from(directory);
  const facts = await unlessMissing(lstat(root));
  if (facts === null) return;
  if (facts.isDirectory()) await removeDirectory(root, facts.dev, onRemoved);
  else await removeFile(root, onRemoved);
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

async function removeDirectory(directory: Buffer, device: number, onRemoved?: (bytes: number) => void): Promise<void> {
  const facts = await unlessMissing(lstat(directory));
  if (facts === null || facts.dev !== device) return;
  const entries = (await unlessMissing(opened(directory))) ?? [];
  const files = entries.filter((entry) => !entry.isDirectory());
  await inBatches(files, 32, async (file) => {
    await removeFile(rawJoin(directory, file.name), onRemoved);
  });
  for (const entry of entries) {
    if (entry.isDirectory()) await removeDirectory(rawJoin(directory, entry.name), device, onRemoved);
  }
  await unlessMissing(rmdir(directory));
}

/**
 * The entries of a folder that may be emptied: package caches make theirs read-only, which keeps even their owner from
 * deleting what is in them.
 */
async function opened(directory: Buffer) {
  const facts = await lstat(directory);
  if ((facts.mode & 0o700) !== 0o700) {
    await chmod(directory, 0o700).catch((error: unknown) => {
      if (systemCode(error) !== 'EPERM') throw error;
    });
  }
  return await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
}
