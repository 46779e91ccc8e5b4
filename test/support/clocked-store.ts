import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Store } from '../../src/core/ports/store.ts';
import { openLastingStore } from '../../src/store/lasting-store.ts';

/** A state folder of its own, with a clock that the test sets. */
export interface ClockedStore extends AsyncDisposable {
  readonly folder: string;
  /** The database. */
  readonly file: string;
  /** What went wrong in the background. */
  readonly told: { readonly during: string; readonly error: unknown }[];
  /** Epoch milliseconds. */
  now: number;
  open(): Promise<Store>;
  /** Names in `backups/`. */
  backups(): Promise<readonly string[]>;
}

export async function clockedStore(): Promise<ClockedStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-clocked-'));
  const file = path.join(folder, 'warden.db');
  const told: { during: string; error: unknown }[] = [];
  const opened: Store[] = [];
  const one: ClockedStore = {
    folder,
    file,
    told,
    now: Date.UTC(2026, 0, 1),
    open: async () => {
      const store = await openLastingStore({
        file,
        now: () => one.now,
        actor: { user: 'dev', face: 'cli' },
        diagnostics: { failed: (during, error) => told.push({ during, error }) },
      });
      opened.push(store);
      return store;
    },
    backups: async () => (await readdir(path.join(folder, 'backups'))).toSorted(),
    [Symbol.asyncDispose]: async () => {
      for (const store of opened) {
        store.close();
        await store.auditCopied();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  return one;
}
