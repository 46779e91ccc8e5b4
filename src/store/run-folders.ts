import { closeSync, type FSWatcher, readFileSync, readSync, statSync, watch } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { DeclaredSection } from '../core/critical-section.ts';
import { WardenError, detailOf } from '../core/errors.ts';
import type { OutputFacts, RunFolders, RunLog } from '../core/ports/run-folders.ts';
import type { ExitRecord, Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { exitRecordBytes, exitRecordIn } from '../core/exit-record.ts';
import { runFiles } from '../core/run-files.ts';
import {
  declaredSections,
  forgetMoreTime,
  giveHeartbeat,
  handCheckpoint,
  heartbeat,
  makeRequestFolders,
  moreTime,
} from './run-requests.ts';
import { journalBytes } from './journal.ts';
import { openRunFile, openRunFileAtOnce, readRunFile, writeRunFile } from './run-file.ts';
import { launchedText, stateText } from './run-records.ts';

/**
 * So much is read right away: it takes some microseconds, ten times less than by way of another thread. Whoever asks for
 * many runs takes turns.
 */
const bytesAtOnce = 64 * 1024;

/** Two writes within one tick of the file system's clock look the same. */
const settledMilliseconds = 100;

/** How much of the end of the output is read for its last line. */
const tailBytes = 16 * 1024;

/** `runs/` in the state folder. */
export class FileRunFolders implements RunFolders {
  readonly #root: string;
  /** When the exit record that was found blank was last written to. */
  readonly #blankSince = new Map<RunId, number>();

  constructor(stateFolder: string) {
    this.#root = path.join(stateFolder, 'runs');
  }

  pathOf(runId: RunId): string {
    return path.join(this.#root, runId);
  }

  outputFileOf(runId: RunId): string {
    return this.logFileOf(runId, 'output');
  }

  logFileOf(runId: RunId, log: RunLog): string {
    // Asked for every run at each look, and a path is made of no more than its parts.
    return `${this.#root}${path.sep}${runId}${path.sep}${log}.log`;
  }

  checkpointFolderOf(runId: RunId): string {
    return path.join(this.pathOf(runId), runFiles.checkpoint);
  }

  async create(run: Run): Promise<void> {
    const folder = this.pathOf(run.runId);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await makeRequestFolders(folder);
      const write = (name: string, content: string): Promise<void> =>
        writeFile(path.join(folder, name), content, { mode: 0o600, flag: 'wx' }).catch(unlessThere);
      await write('run.json', launchedText(run));
      await write('output.log', '');
      // Written in full now, so that overwriting them later works on a full disk.
      await write('state', stateText(run));
      await write('journal', ' '.repeat(journalBytes));
      await write('exit', blankRecord);
    } catch (error) {
      await this.remove(run.runId);
      throw notWritable(folder, error);
    }
  }

  async keepEnvironment(runId: RunId, environment: Readonly<Record<string, string>>): Promise<void> {
    const folder = this.pathOf(runId);
    const file = path.join(folder, 'environment');
    try {
      await writeFile(`${file}.new`, JSON.stringify(environment), { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch (error) {
      throw notWritable(folder, error);
    }
  }

  async keptEnvironment(runId: RunId): Promise<Readonly<Record<string, string>> | null> {
    try {
      return JSON.parse(await readRunFile(path.join(this.pathOf(runId), 'environment'))) as Record<string, string>;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async forgetEnvironment(runId: RunId): Promise<void> {
    await rm(path.join(this.pathOf(runId), 'environment'), { force: true });
  }

  async keepTokenDigest(runId: RunId, digest: string): Promise<void> {
    const folder = this.pathOf(runId);
    try {
      await writeFile(path.join(folder, 'token-digest'), digest, { mode: 0o600 });
    } catch (error) {
      throw notWritable(folder, error);
    }
  }

  async tokenDigest(runId: RunId): Promise<string | null> {
    try {
      return await readRunFile(path.join(this.pathOf(runId), 'token-digest'));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async forgetExit(runId: RunId): Promise<void> {
    await writeRunFile(path.join(this.pathOf(runId), 'exit'), blankRecord);
  }

  async remove(runId: RunId): Promise<void> {
    await rm(this.pathOf(runId), { recursive: true, force: true });
  }

  /** Asked of every run each second: one that has not been written to since it was found blank is not read again. */
  // oxlint-disable-next-line typescript/require-await -- the system's error is a rejection, as anywhere
  async exitRecord(runId: RunId): Promise<ExitRecord | null> {
    const file = `${this.#root}${path.sep}${runId}${path.sep}exit`;
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts === undefined || this.#blankSince.get(runId) === facts.mtimeMs) return null;
    const record = exitRecordIn(textAtOnce(file), Math.round(facts.mtimeMs));
    if (record === null && Date.now() - facts.mtimeMs > settledMilliseconds) this.#blankSince.set(runId, facts.mtimeMs);
    else this.#blankSince.delete(runId);
    return record;
  }

  output(runId: RunId, log: RunLog = 'output'): Promise<OutputFacts> {
    return this.#factsOf(runId, log);
  }

  // oxlint-disable-next-line typescript/require-await -- the system's error is a rejection, as anywhere
  async #factsOf(runId: RunId, log: RunLog): Promise<OutputFacts> {
    const facts = statSync(this.logFileOf(runId, log), { throwIfNoEntry: false });
    if (facts === undefined) return { bytes: 0, lastOutputAt: null };
    return { bytes: facts.size, lastOutputAt: facts.size === 0 ? null : Math.round(facts.mtimeMs) };
  }

  async lastLine(runId: RunId, log: RunLog = 'output'): Promise<string | null> {
    const { bytes } = await this.#factsOf(runId, log);
    const start = Math.max(0, bytes - tailBytes);
    return lastLineIn(new TextDecoder().decode(await this.read(runId, start, bytes - start, log)));
  }

  async read(runId: RunId, offset: number, limit: number, log: RunLog = 'output'): Promise<Uint8Array> {
    if (limit <= bytesAtOnce) return readAtOnce(this.logFileOf(runId, log), offset, limit);
    const file = await openRunFile(this.logFileOf(runId, log), 'r').catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (file === null) return new Uint8Array();
    try {
      const buffer = new Uint8Array(limit);
      const { bytesRead } = await file.read(buffer, 0, limit, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  declaredSections(runId: RunId): Promise<readonly DeclaredSection[]> {
    return declaredSections(this.pathOf(runId));
  }

  moreTime(runId: RunId): Promise<number> {
    return moreTime(this.pathOf(runId));
  }

  heartbeat(runId: RunId): ReturnType<RunFolders['heartbeat']> {
    return heartbeat(this.pathOf(runId));
  }

  async giveHeartbeat(runId: RunId, message: string | null): Promise<void> {
    const folder = this.pathOf(runId);
    try {
      await giveHeartbeat(folder, message);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
        throw new WardenError('disk_full', { path: folder }, { cause: error });
      const facts = { path: folder, detail: detailOf(error) };
      throw new WardenError('state_folder_not_writable', facts, { cause: error });
    }
  }

  forgetMoreTime(runId: RunId): Promise<void> {
    return forgetMoreTime(this.pathOf(runId));
  }

  async handCheckpoint(from: RunId, to: RunId, signal: AbortSignal): Promise<void> {
    try {
      await handCheckpoint(this.pathOf(from), this.pathOf(to), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new WardenError('disk_full', { path: this.checkpointFolderOf(to) }, { cause: error });
    }
  }

  watchExit(runId: RunId, onChange: () => void): { dispose(): void } {
    let watcher: FSWatcher | null = null;
    try {
      watcher = watch(path.join(this.pathOf(runId), 'exit'), { persistent: false }, onChange);
      // A file that goes away, or no watches left: the caller polls too.
      watcher.on('error', () => watcher?.close());
    } catch {
      watcher = null;
    }
    return { dispose: () => watcher?.close() };
  }
}

/** Empty when the file is gone. */
function textAtOnce(file: string): string {
  let handle: number;
  try {
    handle = openRunFileAtOnce(file, 'r');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
  try {
    return readFileSync(handle, 'latin1');
  } finally {
    closeSync(handle);
  }
}

function readAtOnce(file: string, offset: number, limit: number): Uint8Array {
  let handle: number;
  try {
    handle = openRunFileAtOnce(file, 'r');
  } catch (error) {
    if (isMissing(error)) return new Uint8Array();
    throw error;
  }
  try {
    const buffer = new Uint8Array(limit);
    return buffer.subarray(0, readSync(handle, buffer, 0, limit, offset));
  } finally {
    closeSync(handle);
  }
}

/** The last line with something visible in it; of a line that was drawn over and over, what stands there last. */
export function lastLineIn(text: string): string | null {
  const lines = stripVTControlCharacters(text).split(/[\r\n]+/);
  // oxlint-disable-next-line no-control-regex -- what is left of control characters must not reach a terminal or a tree
  const visible = lines.map((line) => line.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').trim());
  return visible.findLast((line) => line !== '') ?? null;
}

const blankRecord = `${' '.repeat(exitRecordBytes - 1)}\n`;

function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}

function notWritable(folder: string, error: unknown): WardenError {
  return (error as NodeJS.ErrnoException).code === 'ENOSPC'
    ? new WardenError('disk_full', { path: folder }, { cause: error })
    : new WardenError('state_folder_not_writable', { path: folder, detail: detailOf(error) }, { cause: error });
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
