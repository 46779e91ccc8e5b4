import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/**
 * Deletes a folder and all that is in it. Links and junctions are unlinked, never followed, and what is mounted inside
 * from another file system is left. Small asynchronous steps: the event loop stays free. Nothing there is fine.
 */
export async function removeTree(directory: string): Promise<void> {
  const root = Buffer.from(directory);
  const facts = await unlessMissing(lstat(root));
  if (facts === null) return;
  if (facts.isDirectory()) await removeDirectory(root, facts.dev);
  else await unlessMissing(unlink(root));
}

async function removeDirectory(directory: Buffer, device: number): Promise<void> {
  const facts = await unlessMissing(lstat(directory));
  if (facts === null || facts.dev !== device) return;
  const entries = (await unlessMissing(opened(directory))) ?? [];
  const files = entries.filter((entry) => !entry.isDirectory());
  await inBatches(files, 32, async (file) => {
    await unlessMissing(unlink(rawJoin(directory, file.name)));
  });
  for (const entry of entries) {
    if (entry.isDirectory()) await removeDirectory(rawJoin(directory, entry.name), device);
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
