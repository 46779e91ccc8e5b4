// Takes a backup of a database in a process of its own, which dies as a crash would after so many pages.
// Arguments: the database, and after how many steps of the copying it dies.
import Database from 'better-sqlite3';
import { Backups } from '../../src/store/backups.ts';

const [file = '', steps = '1'] = process.argv.slice(2);
const { prototype } = Database;
// oxlint-disable-next-line typescript/unbound-method -- called with its object below
const { backup } = prototype;
let done = 0;
prototype.backup = function dying(this: Database.Database, destination, options) {
  const progress: NonNullable<Database.BackupOptions['progress']> = (info) => {
    done += 1;
    if (done > Number(steps)) process.kill(process.pid, 'SIGKILL');
    options?.progress?.(info);
    return 1;
  };
  return backup.call(this, destination, { ...options, progress });
};
await new Backups(file).take(Date.now(), () => true);
