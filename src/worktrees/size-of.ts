import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { unlessMissing } from './system-failure.ts';

/**
 * Bytes that a folder takes on its disk. Links are not followed, other file systems not entered, files with several
 * names counted once. What vanishes meanwhile is not counted.
 * @returns null when the folder, or anything in it, cannot be read
 */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    const root = Buffer.from(path);
    const facts = await lstat(root, { bigint: true });
    const counted = new Set<bigint>();
    return facts.isDirectory() ? await sizeOfDirectory(root, facts, counted) : allocated(facts);
  } catch {
    return null;
  }
}

async function sizeOfDirectory(directory: Buffer, itself: BigIntStats, counted: Set<bigint>): Promise<number> {
  const names = (await unlessMissing(readdir(directory, { encoding: 'buffer' }))) ?? [];
  const directories: { readonly path: Buffer; readonly facts: BigIntStats }[] = [];
  let bytes = allocated(itself);
  await inBatches(names, 64, async (name) => {
    const path = rawJoin(directory, name);
    const facts = await unlessMissing(lstat(path, { bigint: true }));
    if (facts === null || facts.dev !== itself.dev) return;
    if (facts.isDirectory()) directories.push({ path, facts });
    else if (facts.nlink === 1n || !counted.has(facts.ino)) bytes += allocated(facts);
    if (facts.nlink > 1n && !facts.isDirectory()) counted.add(facts.ino);
  });
  for (const { path, facts } of directories) bytes += await sizeOfDirectory(path, facts, counted);
  return bytes;
}

/** Windows does not tell blocks. */
function allocated(facts: BigIntStats): number {
  return process.platform === 'win32' ? Number(facts.size) : Number(facts.blocks) * 512;
}
