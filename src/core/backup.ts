/** A copy of the database. */
export interface Backup {
  readonly file: string;
  /** Counted from 1; the newest has the highest. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** One is taken as soon as the last is older than this. */
const backupMilliseconds = 24 * 3_600_000;

/** One of the future was taken before the clock was set back. @param now epoch milliseconds */
export function isBackupDue(newest: Pick<Backup, 'at'> | null, now: number): boolean {
  return newest === null || newest.at > now || now - newest.at >= backupMilliseconds;
}
