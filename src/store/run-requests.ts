import { randomUUID } from 'node:crypto';
import { constants, type Dirent, lstatSync } from 'node:fs';
import { cp, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DeclaredSection } from '../core/critical-section.ts';
import type { GivenHeartbeat } from '../core/observation.ts';
import { holderIn, moreTimeIn, readableMessage, readableName, runFiles } from '../core/run-files.ts';

/** More files than these in a run's folder of critical sections are not looked at. */
const sectionLimit = 100;

/** A pid or a number of seconds is shorter. */
const readBytes = 64;

/** More of what a run says of itself is not read. */
const messageBytes = 1_024;

/** What a run writes into its folder is its own: nothing is trusted, links are not followed, and pipes not waited for. */
export async function makeRequestFolders(runFolder: string): Promise<void> {
  for (const name of [runFiles.critical, runFiles.checkpoint])
    await mkdir(path.join(runFolder, name), { recursive: true, mode: 0o700 });
}

export async function declaredSections(runFolder: string): Promise<DeclaredSection[]> {
  const folder = path.join(runFolder, runFiles.critical);
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const sections: DeclaredSection[] = [];
  for (const { name } of entries.filter((entry) => entry.isFile()).slice(0, sectionLimit)) {
    const text = await beginningOf(path.join(folder, name));
    if (text !== null) sections.push({ name: readableName(name), pid: holderIn(text) });
  }
  return sections;
}

export async function moreTime(runFolder: string): Promise<number> {
  return moreTimeIn((await beginningOf(path.join(runFolder, runFiles.moreTime))) ?? '');
}

export async function forgetMoreTime(runFolder: string): Promise<void> {
  await rm(path.join(runFolder, runFiles.moreTime), { recursive: true, force: true });
}

/** Given by touching the file, too. */
export async function heartbeat(runFolder: string): Promise<GivenHeartbeat | null> {
  const file = path.join(runFolder, runFiles.heartbeat);
  // Asked of all runs at each look, and mostly not there.
  const facts = lstatSync(file, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isFile()) return null;
  const [line = ''] = ((await beginningOf(file, messageBytes)) ?? '').split(/\r?\n/);
  return { at: Math.round(facts.mtimeMs), message: readableMessage(line) };
}

/** In one step, so that nobody reads half of it. What stands in its place is replaced, a link too. */
export async function giveHeartbeat(runFolder: string, message: string | null): Promise<void> {
  const file = path.join(runFolder, runFiles.heartbeat);
  const written = `${file}.${randomUUID()}`;
  try {
    await writeFile(written, message === null ? '' : `${message}\n`, { mode: 0o600, flag: 'wx' });
    await rename(written, file);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
}

/** Whatever is not there any more, or cannot be read, asks for nothing. */
async function beginningOf(file: string, bytes = readBytes): Promise<string | null> {
  try {
    const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}

/**
 * Copies the checkpoint folder of one run into that of another, links as links. What is neither file, folder nor link
 * holds nothing that could be saved and stays behind. A run that has no such folder saved nothing.
 */
export async function handCheckpoint(from: string, to: string, signal: AbortSignal): Promise<void> {
  const source = path.join(from, runFiles.checkpoint);
  const facts = await lstat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (facts === null) return;
  if (!facts.isDirectory()) throw new Error(`${source} is not a folder any more`);
  await cp(source, path.join(to, runFiles.checkpoint), {
    recursive: true,
    dereference: false,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: async (file) => {
      signal.throwIfAborted();
      const entry = await lstat(file);
      return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
    },
  });
}
