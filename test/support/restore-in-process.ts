// Opens a database in a process of its own, which dies as a crash would in the middle of restoring it from a backup.
// Argument: the database.
import { openLastingStore } from '../../src/store/lasting-store.ts';

const dying = (): number => {
  process.kill(process.pid, 'SIGKILL');
  return 0;
};
await openLastingStore({
  file: process.argv[2] ?? '',
  // Asked for when the copy is there, and not brought up to date yet.
  now: dying,
  actor: { user: 'dev', face: 'cli' },
  diagnostics: { failed: (during, error) => console.error(during, error) },
});
