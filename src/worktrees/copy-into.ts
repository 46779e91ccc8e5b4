import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/**
 * Copies a file, link or whole folder to the same place below another folder, with modes; links as links. What is there
 * already stays, and so does everything outside: no link in the destination is followed.
 * @param name the path relative to both folders
 * @returns whether anything was copied
 */
export async function copyInto(from: string, to: string, name: Buffer): Promise<boolean> {
  const parts = name.toString('latin1').split('/');
  let source: Buffer = Buffer.from(from);
  let destination: Buffer = Buffer.from(to);
  for (const part of parts.slice(0, -1)) {
    source = rawJoin(source, Buffer.from(part, 'latin1'));
    destination = rawJoin(destination, Buffer.from(part, 'latin1'));
    const facts = await unlessMissing(lstat(source));
    if (facts === null || !(await isFolderOrMade(destination, facts))) return false;
  }
  const last = Buffer.from(parts.at(-1) ?? '', 'latin1');
  return await copyEntry(rawJoin(source, last), rawJoin(destination, last));
}

async function copyEntry(source: Buffer, destination: Buffer): Promise<boolean> {
  const facts = await unlessMissing(lstat(source));
  if (facts === null) return false;
  if (facts.isDirectory()) return await copyFolder(source, destination, facts);
  // A `.git` file makes its folder a worktree or submodule; a copy would act on the original.
  if (source.toString('latin1').endsWith('/.git')) return false;
  if (facts.isSymbolicLink()) return await unlessThere(copyLink(source, destination));
  if (!facts.isFile()) return false;
  return await unlessThere(copyFile(source, destination, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE));
}

async function copyFolder(source: Buffer, destination: Buffer, facts: Stats): Promise<boolean> {
  const isNew = (await unlessMissing(lstat(destination))) === null;
  if (!(await isFolderOrMade(destination, facts))) return false;
  let copied = isNew;
  const names = (await unlessMissing(readdir(source, { encoding: 'buffer' }))) ?? [];
  await inBatches(names, 16, async (name) => {
    if (await copyEntry(rawJoin(source, name), rawJoin(destination, name))) copied = true;
  });
  // Only now, since the original may be read-only.
  if (isNew) await chmod(destination, facts.mode & 0o7777);
  return copied;
}

/** A folder with the owner's rights that copying needs; false where something else, a link for one, is in its place. */
async function isFolderOrMade(destination: Buffer, like: Stats): Promise<boolean> {
  const facts = await unlessMissing(lstat(destination));
  if (facts !== null) return facts.isDirectory();
  await mkdir(destination, { mode: (like.mode & 0o777) | 0o700 });
  return true;
}

async function copyLink(source: Buffer, destination: Buffer): Promise<void> {
  await symlink(await readlink(source, { encoding: 'buffer' }), destination);
}

async function unlessThere(copy: Promise<void>): Promise<boolean> {
  try {
    await copy;
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}
