import Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { chmod, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { WardenError } from '../core/errors.ts';
import { withLockFile } from './lock-file.ts';

/** Which file it is, whatever is moved to its path later. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** How long to wait for another process that is making the database. */
const patienceMilliseconds = 15_000;

/** What is at the path now; null when nothing is, or a file that was emptied. Costs microseconds. */
export function databaseAt(file: string): FileIdentity | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined || found.size === 0n ? null : { device: found.dev, inode: found.ino };
}

export function isSameFile(one: FileIdentity | null, other: FileIdentity | null): boolean {
  return one?.device === other?.device && one?.inode === other?.inode;
}

/** A database that was made anew. */
export interface MadeDatabase {
  /** Where what lay at its path was moved; null when there was nothing. */
  readonly setAside: string | null;
}

/**
 * Makes a new database in the place of one that is gone, empty or damaged, which is moved beside it and never deleted.
 * One process does it at a time, and the new file appears in its place complete: nobody ever opens half of one.
 * @param bad the file that was found damaged; null when none, or an empty one, was found
 * @param make makes the new one at another path, with `buildDatabase`
 * @returns null when another process was first
 * @throws the system's or SQLite's error, and disk_full or state_folder_not_writable
 */
export function replaceDatabase(
  file: string,
  bad: FileIdentity | null,
  make: (unfinished: string, setAside: string | null) => Promise<void>,
): Promise<MadeDatabase | null> {
  return withLockFile(`${file}.lock`, patienceMilliseconds, async (isHeld) => {
    if (!isSameFile(databaseAt(file), bad)) return null;
    if (!isHeld) throw new WardenError('state_folder_not_writable', { path: file, detail: 'it cannot be locked' });
    await removeUnfinished(file);
    const unfinished = `${file}${unfinishedSuffix}${randomBytes(4).toString('hex')}`;
    try {
      const setAside = nameAside(file);
      const exists = await isThere(file);
      await make(unfinished, exists ? setAside : null);
      await moveAside(file, setAside);
      await publish(unfinished, file);
      return { setAside: exists ? setAside : null };
    } finally {
      await rm(unfinished, { force: true });
    }
  });
}

const unfinishedSuffix = '.making-';

/** @param fill puts the tables and what is known into it, or brings up to date what is there */
export async function buildDatabase(file: string, fill: (database: Database.Database) => Promise<void>): Promise<void> {
  const database = new Database(file, { timeout: 0 });
  try {
    // Nobody sees it before it is whole: the disk is waited for once, at the end, and a crash leaves nothing to be undone.
    database.pragma('synchronous = OFF');
    database.pragma('journal_mode = MEMORY');
    await fill(database);
    // Last, so that until now no second file has belonged to it; closing leaves all of it in the first.
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  if (process.platform !== 'win32') await chmod(file, 0o600);
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The write-ahead log goes first: a log that stayed beside a new database would be taken for that one's. Whoever has the
 * old files open keeps them, sees by their identity that they were moved, and opens the new ones.
 */
async function moveAside(file: string, aside: string): Promise<void> {
  for (const suffix of ['-wal', '-shm', '']) {
    if (await isThere(`${file}${suffix}`)) await rename(`${file}${suffix}`, `${aside}${suffix}`);
  }
}

/** A link does not overwrite; where there are none, the lock has to do. */
async function publish(unfinished: string, file: string): Promise<void> {
  try {
    await link(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await rename(unfinished, file);
  }
}

/** Left by a process that was killed while it made a database. */
async function removeUnfinished(file: string): Promise<void> {
  const folder = path.dirname(file);
  const prefix = path.basename(file) + unfinishedSuffix;
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix)) await rm(path.join(folder, name), { force: true });
  }
}

const nameAside = (file: string): string =>
  `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(2).toString('hex')}`;

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
