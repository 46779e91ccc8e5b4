import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

export interface CopyInto {
  readonly from: string;
  readonly to: string;
  readonly signal: AbortSignal;
  /** Told of each file and link, with its bytes. */
  readonly onCopied: (bytes: number) => void;
}

/** A file that is written to all the time is copied so often, and then as it is. */
const attemptsAtMost = 3;

/**
 * Copies a file, link or whole folder to the same place below another folder, with modes; links as links. What is there
 * already stays, and so does everything outside: no link in the destination is followed. Other worktrees are left out,
 * and so is what git keeps in `.git`: a copy of it would act on the original, or pass for it.
 * @param name the path relative to both folders
 * @returns whether anything was copied
 * @throws the system's own error; the signal's reason when aborted
 */
export async function copyInto(copy: CopyInto, name: Buffer): Promise<boolean> {
  const parts = name.toString('latin1').split('/');
  let source: Buffer = Buffer.from(copy.from);
  let destination: Buffer = Buffer.from(copy.to);
  for (const part of parts.slice(0, -1)) {
    source = rawJoin(source, Buffer.from(part, 'latin1'));
    destination = rawJoin(destination, Buffer.from(part, 'latin1'));
    const facts = await unlessMissing(lstat(source));
    if (facts === null || !(await isFolderOrMade(destination, facts))) return false;
  }
  const last = Buffer.from(parts.at(-1) ?? '', 'latin1');
  return await copyEntry(copy, rawJoin(source, last), rawJoin(destination, last));
}

async function copyEntry(copy: CopyInto, source: Buffer, destination: Buffer): Promise<boolean> {
  copy.signal.throwIfAborted();
  if (source.toString('latin1').endsWith('/.git')) return false;
  const facts = await unlessMissing(lstat(source));
  if (facts === null) return false;
  if (facts.isDirectory()) return await copyFolder(copy, source, destination, facts);
  if (!facts.isSymbolicLink() && !facts.isFile()) return false;
  const isCopied = facts.isFile()
    ? await copyUnchanged(source, destination, facts)
    : await unlessThere(copyLink(source, destination));
  if (isCopied) copy.onCopied(facts.size);
  return isCopied;
}

async function copyFolder(copy: CopyInto, source: Buffer, destination: Buffer, facts: Stats): Promise<boolean> {
  if (await isOtherWorktree(source)) return false;
  const isNew = (await unlessMissing(lstat(destination))) === null;
  if (!(await isFolderOrMade(destination, facts))) return false;
  let copied = isNew;
  const names = (await unlessMissing(readdir(source, { encoding: 'buffer' }))) ?? [];
  await inBatches(names, 16, async (name) => {
    if (await copyEntry(copy, rawJoin(source, name), rawJoin(destination, name))) copied = true;
  });
  // Only now, since the original may be read-only.
  if (isNew) await chmod(destination, facts.mode & 0o7777);
  return copied;
}

/** A `.git` file makes its folder a worktree, or the checkout of a submodule. */
async function isOtherWorktree(folder: Buffer): Promise<boolean> {
  return (await unlessMissing(lstat(rawJoin(folder, Buffer.from('.git')))))?.isFile() === true;
}

/** A folder with the owner's rights that copying needs; false where something else, a link for one, is in its place. */
async function isFolderOrMade(destination: Buffer, like: Stats): Promise<boolean> {
  const facts = await unlessMissing(lstat(destination));
  if (facts !== null) return facts.isDirectory();
  await mkdir(destination, { mode: (like.mode & 0o777) | 0o700 });
  return true;
}

/** The file as it was at one time, where it holds still for long enough. Where the disk can, its blocks are shared. */
async function copyUnchanged(source: Buffer, destination: Buffer, facts: Stats): Promise<boolean> {
  let before = facts;
  for (let attempt = 1; ; attempt += 1) {
    const copying = copyFile(source, destination, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    if (!(await unlessThere(copying))) return false;
    const after = await unlessMissing(lstat(source));
    const isSame = after !== null && after.size === before.size && after.mtimeMs === before.mtimeMs;
    if (isSame || after?.isFile() !== true || attempt === attemptsAtMost) return true;
    before = after;
    await rm(destination);
  }
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
