import Database from 'better-sqlite3';
import { chmod, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WardenError, detailOf } from '../core/errors.ts';
import { migrations } from './schema.ts';

/** The Node-API version that the native binding is built for; an older runtime would die of it without a word. */
const neededNodeApi = 10;

/** A larger database is checked by the doctor, not at every start. */
const checkedAtOpenBytes = 16 * 1024 * 1024;

/** How long to go on trying while another process holds the database. */
export const busyLimitMilliseconds = 10_000;

/**
 * Opens the database, owner-only, and brings it to the newest version.
 * @throws WardenError unsupported_runtime, state_folder_not_writable, database_newer, database_damaged, disk_full, database_busy
 */
export async function openDatabase(file: string): Promise<Database.Database> {
  const napi = process.versions['napi'] ?? '0';
  if (Number(napi) < neededNodeApi) throw new WardenError('unsupported_runtime', { napi, node: process.versions.node });
  await makeStateFolder(path.dirname(file));
  return retryWhileBusy(file, () => open(file));
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

async function open(file: string): Promise<Database.Database> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  // Waiting inside SQLite blocks the event loop (5 s froze an extension host for 2.9 s): we wait outside.
  const database = new Database(file, { timeout: 0 });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    if (size > 0 && size <= checkedAtOpenBytes) check(file, database);
    migrate(file, database);
    if (process.platform !== 'win32') await chmod(file, 0o600);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
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
      const found = versionOf(database);
      if (found > migrations.length)
        throw new WardenError('database_newer', { path: file, found, supported: migrations.length });
      for (const migration of migrations.slice(found)) database.exec(migration);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}

const versionOf = (database: Database.Database): number => Number(database.pragma('user_version', { simple: true }));

/** Tries again, without blocking, while another process holds the lock. */
export async function retryWhileBusy<Result>(file: string, attempt: () => Result | Promise<Result>): Promise<Result> {
  const begun = performance.now();
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 50)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw translated(file, error);
      const waited = performance.now() - begun;
      if (waited > busyLimitMilliseconds) {
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
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC')
    return new WardenError('disk_full', { path: file }, { cause: error });
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new WardenError('database_damaged', { path: file, detail }, { cause: error });
  }
  const notWritable = /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|SQLITE_IOERR|EACCES|EPERM|EROFS|ENOTDIR|EEXIST)/;
  if (notWritable.test(code))
    return new WardenError('state_folder_not_writable', { path: file, detail }, { cause: error });
  return error;
}
