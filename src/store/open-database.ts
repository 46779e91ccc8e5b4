import Database from 'better-sqlite3';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backup } from '../core/backup.ts';
import { WardenError, detailOf, isWardenError } from '../core/errors.ts';
import { AuditTable } from './tables/audit-table.ts';
import { problemIn } from './check-database.ts';
import {
  buildDatabase,
  databaseAt,
  type FileIdentity,
  isSameFile,
  type MadeDatabase,
  replaceDatabase,
} from './database-file.ts';
import { migrations } from './tables/schema.ts';

/** The Node-API version that the native binding is built for; an older runtime would die of it without a word. */
const neededNodeApi = 10;

/** A larger database is checked by the doctor, not at every start. */
const checkedAtOpenBytes = 16 * 1024 * 1024;

/** An open database, and which file it is. */
export interface OpenDatabase {
  readonly database: Database.Database;
  readonly identity: FileIdentity;
  /** It was made by this call, in the place of one that was damaged or empty or gone. */
  readonly made: MadeDatabase | null;
}

/** What a new database is made from. */
export interface Origin {
  /** Where the damaged one is moved; null when there is none. */
  readonly setAside: string | null;
  /** What it is a copy of; null when none was good. */
  readonly backup: Backup | null;
}

export interface OpenDatabaseOptions {
  /** What a lost one may be restored from, the best first. */
  readonly backups: () => Promise<readonly Backup[]>;
  /** Puts into a new database, which nobody else sees yet, what is known from elsewhere. */
  readonly restore: (database: Database.Database, origin: Origin) => Promise<void>;
  /** Something was wrong with it: it is checked whatever its size. */
  readonly isSuspect: boolean;
  readonly busyLimitMilliseconds: () => number;
}

/**
 * Opens the database, owner-only, and brings it to the newest version. One that is damaged is moved aside, and a new one
 * made of the newest backup that is good, or of none, and filled with what the run folders know.
 * @throws WardenError unsupported_runtime, state_folder_not_writable, database_newer, database_damaged, disk_full, database_busy
 */
export async function openDatabase(file: string, options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const napi = process.versions['napi'] ?? '0';
  if (Number(napi) < neededNodeApi) throw new WardenError('unsupported_runtime', { napi, node: process.versions.node });
  await makeStateFolder(path.dirname(file));
  return retryWhileBusy(file, () => openOrMake(file, options), options.busyLimitMilliseconds);
}

async function makeStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode } = await stat(folder);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(folder, 0o700);
  } catch (error) {
    throw translated(folder, error);
  }
}

async function openOrMake(file: string, options: OpenDatabaseOptions): Promise<OpenDatabase> {
  let made: MadeDatabase | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const identity = databaseAt(file);
    try {
      if (identity !== null) {
        const database = await open(file, options.isSuspect);
        if (isSameFile(databaseAt(file), identity)) return { database, identity, made };
        database.close();
        continue;
      }
    } catch (error) {
      const failure = translated(file, error);
      if (!isWardenError(failure, 'database_damaged') || attempt > 3) throw failure;
    }
    made =
      (await replaceDatabase(file, identity, (unfinished, setAside) => make(unfinished, setAside, options))) ?? made;
  }
}

async function open(file: string, isSuspect: boolean): Promise<Database.Database> {
  const { size } = await stat(file);
  // Waiting inside SQLite blocks the event loop (5 s froze an extension host for 2.9 s): we wait outside.
  const database = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    if (isSuspect || size <= checkedAtOpenBytes) check(file, database);
    migrate(file, database);
    if (process.platform !== 'win32') await chmod(file, 0o600);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function make(unfinished: string, setAside: string | null, options: OpenDatabaseOptions): Promise<void> {
  for (const backup of await options.backups()) {
    try {
      await copyFile(backup.file, unfinished, constants.COPYFILE_FICLONE);
      await buildDatabase(unfinished, async (database) => {
        const detail = await problemIn(database);
        if (detail !== null) throw new WardenError('database_damaged', { path: backup.file, detail });
        await fill(unfinished, database, { setAside, backup }, options);
      });
      return;
    } catch (error) {
      if (!isOfTheBackup(translated(unfinished, error))) throw error;
      for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(`${unfinished}${suffix}`, { force: true });
    }
  }
  await buildDatabase(unfinished, (database) => fill(unfinished, database, { setAside, backup: null }, options));
}

async function fill(
  file: string,
  database: Database.Database,
  origin: Origin,
  options: OpenDatabaseOptions,
): Promise<void> {
  migrate(file, database);
  await options.restore(database, origin);
}

/** The next one may do: it is damaged, of a newer version, cannot be read, or has just been removed as an old one. */
function isOfTheBackup(error: unknown): boolean {
  if (isWardenError(error)) return error.code !== 'disk_full';
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** With a damaged page reads fail while writes still answer "ok", so it is looked for before anything is trusted. */
function check(file: string, database: Database.Database): void {
  const result = database.pragma('quick_check(1)', { simple: true });
  if (result !== 'ok') throw new WardenError('database_damaged', { path: file, detail: String(result) });
}

function migrate(file: string, database: Database.Database): void {
  if (versionOf(database) === migrations.length) return;
  database
    .transaction(() => {
      requireKnownVersion(file, database);
      for (const migration of migrations.slice(versionOf(database))) database.exec(migration);
      new AuditTable((sql) => database.prepare(sql)).chainUnchained();
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}

/** @throws WardenError database_newer */
export function requireKnownVersion(file: string, database: Database.Database): void {
  const found = versionOf(database);
  if (found <= migrations.length) return;
  throw new WardenError('database_newer', { path: file, found, supported: migrations.length });
}

const versionOf = (database: Database.Database): number => Number(database.pragma('user_version', { simple: true }));

/** Tries again, without blocking, while another process holds the lock. */
export async function retryWhileBusy<Result>(
  file: string,
  attempt: () => Result | Promise<Result>,
  limitMilliseconds: () => number,
): Promise<Result> {
  const begun = performance.now();
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 50)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw translated(file, error);
      const waited = performance.now() - begun;
      if (waited > limitMilliseconds()) {
        throw new WardenError(
          'database_busy',
          { path: file, waitedMilliseconds: Math.round(waited) },
          { cause: error },
        );
      }
    }
    // A random share keeps two processes from meeting again and again.
    await sleep(pause * (0.5 + Math.random()));
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'));

/** The errors of SQLite and the file system that a person can act on, as ours; anything else stays what it is. */
function translated(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const detail = detailOf(error);
  const { code } = error;
  // Its shared memory is a file too, which is made as long as it has to be when the database is opened.
  if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_SHMSIZE' || code === 'ENOSPC')
    return new WardenError('disk_full', { path: file }, { cause: error });
  // Without a table of ours it was emptied while it was open.
  const isEmptied = code === 'SQLITE_ERROR' && detail.startsWith('no such table');
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB') || isEmptied) {
    return new WardenError('database_damaged', { path: file, detail }, { cause: error });
  }
  const notWritable = /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|SQLITE_IOERR|EACCES|EPERM|EROFS|ENOTDIR|EEXIST)/;
  if (notWritable.test(code))
    return new WardenError('state_folder_not_writable', { path: file, detail }, { cause: error });
  return error;
}
