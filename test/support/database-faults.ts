import Database from 'better-sqlite3';
import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What can happen to a database, and how to make it happen in a state folder. */
export interface DatabaseFault {
  readonly name: string;
  /** Whether a run can still be started: the database is made anew. */
  readonly isMadeAnew: boolean;
  /** Before anything is in the state folder. @returns false when this machine does not allow it */
  prepare?(stateFolder: string): Promise<boolean>;
  /** @returns what ends the fault */
  strike(stateFolder: string): Promise<() => Promise<void>>;
  /** Takes back what `prepare` did. */
  cleanUp?(stateFolder: string): Promise<void>;
}

const fileIn = (stateFolder: string): string => path.join(stateFolder, 'warden.db');
const nothing = (): Promise<void> => Promise.resolve();

/** Another process holds the write lock until it is told. */
async function lock(stateFolder: string): Promise<() => Promise<void>> {
  const script = `
    const database = new (require('better-sqlite3'))(process.argv[1], { timeout: 10000 });
    database.exec('BEGIN EXCLUSIVE');
    console.log('locked');
    process.stdin.resume();
    process.stdin.on('end', () => { database.exec('ROLLBACK'); database.close(); });`;
  const child = spawn(process.execPath, ['-e', script, fileIn(stateFolder)], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
}

/** Everything is in the one file then, so that damage to it matters. */
function checkpoint(stateFolder: string): void {
  const database = new Database(fileIn(stateFolder));
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

async function overwrite(stateFolder: string, from: number, bytes: number): Promise<void> {
  checkpoint(stateFolder);
  const file = await open(fileIn(stateFolder), 'r+');
  try {
    const length = Math.min(bytes, (await file.stat()).size - from);
    await file.write(Buffer.alloc(length, 0xa5), 0, length, from);
  } finally {
    await file.close();
  }
}

const mounts = async (...parameters: string[]): Promise<boolean> =>
  !(await execa('mount', parameters, { reject: false })).failed;

const unmount = async (stateFolder: string): Promise<void> => {
  // The folder's own processes may still be closing their files.
  await execa('umount', ['--lazy', stateFolder], { reject: false });
};

async function fill(stateFolder: string): Promise<void> {
  await execa('dd', ['if=/dev/zero', `of=${stateFolder}/ballast`, 'bs=1k'], { reject: false });
}

export const databaseFaults: readonly DatabaseFault[] = [
  { name: 'locked by another process', isMadeAnew: false, strike: lock },
  {
    name: 'on a full disk',
    isMadeAnew: false,
    prepare: async (stateFolder) => {
      await mkdir(stateFolder);
      return mounts('-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', stateFolder);
    },
    strike: async (stateFolder) => {
      await fill(stateFolder);
      return () => rm(`${stateFolder}/ballast`);
    },
    cleanUp: unmount,
  },
  {
    name: 'damaged in its header',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      await overwrite(stateFolder, 0, 100);
      return nothing;
    },
  },
  {
    name: 'damaged in the middle',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      await overwrite(stateFolder, 4096 * 2, 4096 * 20);
      return nothing;
    },
  },
  {
    name: 'cut off',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      checkpoint(stateFolder);
      await truncate(fileIn(stateFolder), 4096 * 3);
      return nothing;
    },
  },
  {
    name: 'emptied',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      await writeFile(fileIn(stateFolder), '');
      return nothing;
    },
  },
  {
    name: 'replaced by an empty file',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      await rm(fileIn(stateFolder));
      await writeFile(fileIn(stateFolder), '');
      return nothing;
    },
  },
  {
    name: 'deleted',
    isMadeAnew: true,
    strike: async (stateFolder) => {
      await rm(fileIn(stateFolder));
      return nothing;
    },
  },
  {
    name: 'from a newer version',
    isMadeAnew: false,
    strike: async (stateFolder) => {
      const database = new Database(fileIn(stateFolder));
      const version = Number(database.pragma('user_version', { simple: true }));
      database.pragma('user_version = 999');
      database.close();
      return async () => {
        const again = new Database(fileIn(stateFolder));
        again.pragma(`user_version = ${version}`);
        again.close();
        await nothing();
      };
    },
  },
];

/** Nobody can write into the state folder by its path; who has a file open there goes on. Null where it is not allowed. */
export async function makeReadOnly(stateFolder: string): Promise<(() => Promise<void>) | null> {
  if (!(await mounts('--bind', stateFolder, stateFolder))) return null;
  if (!(await mounts('-o', 'remount,bind,ro', stateFolder))) {
    await unmount(stateFolder);
    return null;
  }
  return () => unmount(stateFolder);
}
