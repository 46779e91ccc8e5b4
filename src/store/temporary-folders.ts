import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TemporaryFolders } from '../core/ports/temporary-folders.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { readRunFile } from './run-file.ts';

/** Removes a folder and all in it, without following links. */
type RemoveTree = (folder: string, onRemoved: (bytes: number) => void) => Promise<void>;

/** `warden-<run_id>` in the system's folder for such things. The run's folder keeps the path: another process may have another one. */
export class SystemTemporaryFolders implements TemporaryFolders {
  readonly #runs: string;
  readonly #removeTree: RemoveTree;

  constructor(stateFolder: string, removeTree: RemoveTree) {
    this.#runs = path.join(stateFolder, 'runs');
    this.#removeTree = removeTree;
  }

  async create(runId: RunId): Promise<string> {
    const folder = path.join(withoutRuns(tmpdir()), nameOf(runId));
    const record = this.#recordOf(runId);
    // Written first, so that no folder is ever forgotten.
    await writeFile(record, folder, { mode: 0o600, flag: 'wx' });
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      await rm(record);
      throw error;
    }
    return folder;
  }

  async remove(runId: RunId, onRemoved: (bytes: number) => void = () => undefined): Promise<boolean> {
    const record = this.#recordOf(runId);
    const folder = await unlessMissing(readRunFile(record));
    // Whatever else a run may have written there is not ours to remove.
    if (folder === null || path.basename(folder) !== nameOf(runId)) return false;
    // Where it never came to be made, somebody else's may be.
    const facts = await unlessMissing(lstat(folder));
    if (facts !== null && (process.getuid === undefined || facts.uid === process.getuid())) {
      await this.#removeTree(folder, onRemoved);
    }
    await rm(record, { force: true });
    return true;
  }

  async runs(): Promise<readonly RunId[]> {
    const names = (await unlessMissing(readdir(this.#runs))) ?? [];
    const found: RunId[] = [];
    for (const runId of names.filter(isRunId)) {
      if ((await unlessMissing(lstat(this.#recordOf(runId)))) !== null) found.push(runId);
    }
    return found;
  }

  #recordOf(runId: RunId): string {
    return path.join(this.#runs, runId, 'temporary-folder');
  }
}

const nameOf = (runId: RunId): string => `warden-${runId}`;

/** A run that another one starts must not lose its files with it. */
function withoutRuns(folder: string): string {
  return /^warden-run_[0-9a-f]{12}$/.test(path.basename(folder)) ? withoutRuns(path.dirname(folder)) : folder;
}

async function unlessMissing<Result>(result: Promise<Result>): Promise<Result | null> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
