import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does work that only one process may do at a time, for where the database itself cannot be the judge. The lock is the
 * operating system's, on an empty file that stays: SQLite knows how to take one on each of them, and whoever dies has let
 * it go.
 * @param patienceMilliseconds how long to wait for another holder
 * @param work is told whether the lock is held: it is not when it cannot be made, as on a read-only file system
 * @throws what the work throws, and the system's error when what somebody wrote into the file cannot be removed
 */
export async function withLockFile<Result>(
  file: string,
  patienceMilliseconds: number,
  work: (isHeld: boolean) => Promise<Result>,
): Promise<Result> {
  const lock = await take(file, patienceMilliseconds);
  try {
    return await work(lock !== null);
  } finally {
    lock?.close();
  }
}

async function take(file: string, patienceMilliseconds: number): Promise<Database.Database | null> {
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    const isNew = !existsSync(file);
    const attempt = attemptToLock(file);
    if (isNew && process.platform !== 'win32') await chmod(file, 0o600).catch(() => undefined);
    if ('lock' in attempt) return attempt.lock;
    if (attempt.code === 'SQLITE_NOTADB') {
      // Nothing of ours is ever in it.
      await rm(file);
    } else if (attempt.code.startsWith('SQLITE_BUSY') && performance.now() < end) {
      await sleep(5 + 10 * Math.random());
    } else {
      return null;
    }
  }
}

function attemptToLock(file: string): { readonly lock: Database.Database } | { readonly code: string } {
  let lock: Database.Database | null = null;
  try {
    lock = new Database(file, { timeout: 0 });
    // A full disk is no reason not to lock, and a crash leaves no journal.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return { lock };
  } catch (error) {
    lock?.close();
    // Where there is no such folder it is not SQLite that says so.
    return { code: error instanceof Database.SqliteError ? error.code : 'SQLITE_CANTOPEN' };
  }
}
