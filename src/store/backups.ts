import Database from 'better-sqlite3';
import { mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Backup } from '../core/backup.ts';
import { WardenError } from '../core/errors.ts';
import { problemIn } from './check-database.ts';
import { withLockFile } from './lock-file.ts';

/**
 * The newest is what a lost database is restored from, the next is for when that one is damaged itself, the third for when
 * both were taken of something that was wrong already. Each is as large as the database.
 */
const kept = 3;

/** Takes about a millisecond; the event loop turns between. */
const pagesAtOnce = 100;

/** How long to wait for another process that is taking one. */
const lockPatienceMilliseconds = 10_000;

/** How much of the disk must be free, in sizes of the database: one is taken, and runs need the rest. */
const neededRoom = 2;

/**
 * `backups/` in the state folder: copies of the database, each in one file that appears complete and checked. They are
 * numbered, since clocks are set back.
 */
export class Backups {
  readonly #file: string;
  readonly #folder: string;

  /** @param file the database */
  constructor(file: string) {
    this.#file = file;
    this.#folder = path.join(path.dirname(file), 'backups');
  }

  /** The newest first. */
  async all(): Promise<readonly Backup[]> {
    const names: string[] = await readdir(this.#folder).catch(() => []);
    return names
      .flatMap((name) => backupNamed(this.#folder, name) ?? [])
      .toSorted((one, other) => other.number - one.number);
  }

  /**
   * Copies the database as it is at one moment, whoever writes meanwhile, and checks the copy. One process does it at a time.
   * @param now epoch milliseconds
   * @param isDue is given the newest that there is
   * @returns null when none is due, or another process is taking one
   * @throws the system's or SQLite's error, disk_full, and database_damaged when the copy is; what there was is kept then
   */
  async take(now: number, isDue: (newest: Backup | null) => boolean, signal?: AbortSignal): Promise<Backup | null> {
    if (!isDue((await this.all())[0] ?? null)) return null;
    return this.#locked(0, async (isHeld) => {
      if (!isHeld) return null;
      const [newest = null] = await this.all();
      if (!isDue(newest)) return null;
      const backup = await this.#make(newest, now, signal);
      await this.#removeAllBut(kept);
      return backup;
    });
  }

  /**
   * Puts one of now in the place of all that there are; where there is none, none is taken.
   * @throws as `take`, and state_folder_not_writable when another process goes on taking one
   */
  async renew(now: number): Promise<void> {
    if ((await this.all()).length === 0) return;
    await this.#locked(lockPatienceMilliseconds, async (isHeld) => {
      if (!isHeld)
        throw new WardenError('state_folder_not_writable', { path: this.#folder, detail: 'it cannot be locked' });
      const [newest = null] = await this.all();
      await this.#make(newest, now);
      await this.#removeAllBut(1);
    });
  }

  async #locked<Result>(patienceMilliseconds: number, work: (isHeld: boolean) => Promise<Result>): Promise<Result> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return withLockFile(`${this.#folder}.lock`, patienceMilliseconds, work);
  }

  async #make(newest: Backup | null, now: number, signal?: AbortSignal): Promise<Backup> {
    await this.#removeUnfinished();
    await this.#requireRoom();
    const number = (newest?.number ?? 0) + 1;
    const file = path.join(this.#folder, nameOf(number, now));
    const unfinished = `${file}${unfinishedSuffix}`;
    try {
      await this.#copyTo(unfinished, signal);
      await rename(unfinished, file);
      await flush(this.#folder);
    } finally {
      await rm(unfinished, { force: true });
    }
    return { file, number, at: now };
  }

  /**
   * In one transaction: by itself SQLite begins anew whenever another process has written, and under a write each
   * millisecond it never ended.
   */
  async #copyTo(unfinished: string, signal: AbortSignal | undefined): Promise<void> {
    await writeFile(unfinished, '', { mode: 0o600, flag: 'wx' });
    const source = new Database(this.#file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      source.exec('BEGIN');
      source.prepare('SELECT 1 FROM sqlite_schema').get();
      const progress = (): number => {
        signal?.throwIfAborted();
        return pagesAtOnce;
      };
      await source.backup(unfinished, { progress });
    } finally {
      source.close();
    }
    const problem = await checked(unfinished);
    if (problem !== null) throw new WardenError('database_damaged', { path: this.#file, detail: problem });
    await flush(unfinished);
  }

  async #requireRoom(): Promise<void> {
    const { size } = await stat(this.#file);
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < size * neededRoom) throw new WardenError('disk_full', { path: this.#folder });
  }

  async #removeAllBut(count: number): Promise<void> {
    for (const { file } of (await this.all()).slice(count)) await rm(file, { force: true });
  }

  /** Left by a process that was killed while it took one. */
  async #removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name.includes(unfinishedSuffix)) await rm(path.join(this.#folder, name), { force: true });
    }
  }
}

/** What is wrong with a backup; null when nothing is. It is only read. */
export async function problemOfBackup(file: string): Promise<string | null> {
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      return await problemIn(database);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.message;
    throw error;
  }
}

/** Nothing belongs to it but the one file then. */
async function checked(file: string): Promise<string | null> {
  const database = new Database(file, { fileMustExist: true, timeout: 0 });
  try {
    // To wait for the disk would hold up the event loop: it is flushed later, before it gets its name.
    database.pragma('synchronous = OFF');
    database.pragma('journal_mode = DELETE');
    return await problemIn(database);
  } finally {
    database.close();
  }
}

async function flush(fileOrFolder: string): Promise<void> {
  const isFolder = (await stat(fileOrFolder)).isDirectory();
  // Windows flushes no folders.
  if (isFolder && process.platform === 'win32') return;
  const handle = await open(fileOrFolder, isFolder ? 'r' : 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const unfinishedSuffix = '.making';

const form = /^warden-(\d+)-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.db$/;

function nameOf(number: number, at: number): string {
  return `warden-${number}-${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}.db`;
}

function backupNamed(folder: string, name: string): Backup | null {
  const [, number, day, hours, minutes, seconds, milliseconds] = form.exec(name) ?? [];
  if (number === undefined) return null;
  const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${milliseconds}Z`);
  return { file: path.join(folder, name), number: Number(number), at };
}
