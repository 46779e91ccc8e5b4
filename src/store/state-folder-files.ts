import { chmod, lstat, readdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { StateFolder } from '../core/ports/state-folder.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { databaseFile } from './state-folder.ts';

/** What of a mode lets others in. */
const others = 0o077;

export class StateFolderFiles implements StateFolder {
  readonly path: string;

  constructor(folder: string) {
    this.path = folder;
  }

  async runFolders(): Promise<readonly RunId[]> {
    return (await namesIn(path.join(this.path, 'runs'))).filter(isRunId);
  }

  async openToOthers(): Promise<readonly { readonly path: string; readonly mode: number }[]> {
    if (process.platform === 'win32') return [];
    const runs = path.join(this.path, 'runs');
    const database = databaseFile(this.path);
    const files = [this.path, runs, database, ...(await this.runFolders()).map((runId) => path.join(runs, runId))];
    const open: { readonly path: string; readonly mode: number }[] = [];
    for (const file of files) {
      const facts = await lstat(file).catch(() => null);
      if (facts !== null && (facts.mode & others) !== 0) open.push({ path: file, mode: facts.mode & 0o7777 });
    }
    return open;
  }

  async makePrivate(file: string): Promise<void> {
    const { mode } = await lstat(file);
    await chmod(file, mode & 0o7777 & ~others);
  }

  async freeBytesAt(file: string): Promise<number | null> {
    for (let place = file; ; place = path.dirname(place)) {
      const facts = await statfs(place).catch(() => null);
      if (facts !== null) return facts.bavail * facts.bsize;
      if (place === path.dirname(place)) return null;
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
