import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whoever holds a lock touches it this often; one that was not touched for the second time is a dead one's. */
const beatMilliseconds = 1_000;
const staleMilliseconds = 5_000;

/**
 * Does work that only one process may do at a time, for where the database itself cannot be the judge.
 * @param patienceMilliseconds how long to wait for another holder
 * @param work is told whether the lock is held: it is not when it cannot be made, as on a read-only file system
 */
export async function withLockFile<Result>(
  file: string,
  patienceMilliseconds: number,
  work: (isHeld: boolean) => Promise<Result>,
): Promise<Result> {
  const isHeld = await take(file, patienceMilliseconds);
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beatMilliseconds);
  try {
    return await work(isHeld);
  } finally {
    clearInterval(beat);
    if (isHeld) await rm(file, { force: true });
  }
}

async function take(file: string, patienceMilliseconds: number): Promise<boolean> {
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    try {
      await (await open(file, 'wx', 0o600)).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    if (await isStale(file)) await rm(file, { force: true }).catch(() => undefined);
    else if (performance.now() > end) return false;
    else await sleep(5 + 10 * Math.random());
  }
}

async function isStale(file: string): Promise<boolean> {
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
  // A clock that was set back must not make a lock last for ever.
  return mtimeMs !== Infinity && Math.abs(Date.now() - mtimeMs) > staleMilliseconds;
}
