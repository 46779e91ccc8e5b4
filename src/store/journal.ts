import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeptChange } from '../core/kept-change.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { withLockFile } from './lock-file.ts';
import { openRunFile } from './run-file.ts';

/** Bytes reserved for a run's journal when its folder is made: a kill with its report takes about 3 KB. */
export const journalBytes = 16 * 1024;

/** How long a kill waits for somebody who is writing a journal; then it goes on without the lock. */
const lockPatienceMilliseconds = 500;

const markBytes = 32;

/**
 * What the database could not take, in the run's folder: `journal` has one change a line, written in place into the
 * blanks that were reserved when the run was launched. One mark in the state folder tells at a glance, in 10 µs, whether
 * any journal holds anything, and changes with each of them. Where not even that can be written it is kept in memory.
 */
export class Journal {
  readonly #root: string;
  readonly #markFile: string;
  readonly #memory = new Map<RunId, KeptChange[]>();
  #memoryVersion = 0;
  #entries: { readonly mark: string; readonly found: ReadonlyMap<RunId, readonly KeptChange[]> } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stateFolder: string) {
    this.#root = path.join(stateFolder, 'runs');
    this.#markFile = path.join(stateFolder, 'journals');
  }

  /** Reserves the mark's place. */
  async open(): Promise<void> {
    const blanks = ' '.repeat(markBytes);
    await writeFile(this.#markFile, blanks, { flag: 'wx', mode: 0o600 }).catch(() => undefined);
  }

  /** Another text after each change; empty when nothing is kept. */
  mark(): string {
    const memory = this.#memory.size === 0 ? '' : `m${this.#memoryVersion}`;
    return `${readMark(this.#markFile)}${memory}`;
  }

  /** All that is kept, by run, in order. */
  async entries(): Promise<ReadonlyMap<RunId, readonly KeptChange[]>> {
    const mark = this.mark();
    if (mark === '') return new Map();
    if (this.#entries?.mark === mark) return this.#entries.found;
    const found = new Map<RunId, readonly KeptChange[]>();
    for (const runId of await this.#runIds()) {
      const changes = await this.#of(runId);
      if (changes.length > 0) found.set(runId, changes);
    }
    this.#entries = { mark, found };
    return found;
  }

  /**
   * Adds a change. What is kept of the run so far is handed over under the lock of all journals, so that of two who decide
   * the second sees what the first has decided.
   * @param decide returns null when there is nothing to be added
   */
  append(
    runId: RunId,
    decide: (kept: readonly KeptChange[]) => Promise<KeptChange | null>,
  ): Promise<KeptChange | null> {
    return this.#locked(async () => {
      const change = await decide(await this.#of(runId));
      if (change === null) return null;
      try {
        await this.#write(runId, change);
      } catch {
        this.#memory.set(runId, [...(this.#memory.get(runId) ?? []), change]);
        this.#memoryVersion += 1;
      }
      await writeMark(this.#markFile, randomBytes(8).toString('hex')).catch(() => undefined);
      return change;
    });
  }

  /** Clears what the database has taken; unless more was added meanwhile: then it is offered again, and known there. */
  async taken(entries: ReadonlyMap<RunId, readonly KeptChange[]>): Promise<void> {
    await this.#locked(async () => {
      for (const [runId, changes] of entries) {
        if ((await this.#of(runId)).length !== changes.length) continue;
        await this.#clear(runId);
        this.#memory.delete(runId);
      }
      const runIds = await this.#runIds();
      const kept = await Promise.all(runIds.map((runId) => this.#of(runId)));
      const isClean = kept.every((changes) => changes.length === 0);
      await writeMark(this.#markFile, isClean ? '' : randomBytes(8).toString('hex'));
    });
  }

  async #runIds(): Promise<readonly RunId[]> {
    const names: string[] = await readdir(this.#root).catch(() => []);
    return [...new Set([...names.filter(isRunId), ...this.#memory.keys()])];
  }

  async #of(runId: RunId): Promise<readonly KeptChange[]> {
    const written = await this.#withFile(runId, 'r', async (file) => linesIn(await file.readFile())).catch(() => []);
    return [...written, ...(this.#memory.get(runId) ?? [])];
  }

  /** Behind the last whole line, over the blanks and whatever a crash left of a line. */
  async #write(runId: RunId, change: KeptChange): Promise<void> {
    await this.#withFile(runId, 'r+', async (file) => {
      const line = Buffer.from(`${JSON.stringify(change)}\n`);
      await file.write(line, 0, line.length, endOf(await file.readFile()));
      await file.datasync();
    });
  }

  async #clear(runId: RunId): Promise<void> {
    await this.#withFile(runId, 'r+', async (file) => {
      const blanks = Buffer.alloc((await file.stat()).size, ' ');
      await file.write(blanks, 0, blanks.length, 0);
    }).catch(() => undefined);
  }

  async #withFile<Result>(
    runId: RunId,
    flags: 'r' | 'r+',
    work: (file: FileHandle) => Promise<Result>,
  ): Promise<Result> {
    const file = await openRunFile(path.join(this.#root, runId, 'journal'), flags);
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }

  /** One after the other in this process, then one process at a time. */
  #locked<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => withLockFile(`${this.#markFile}.lock`, lockPatienceMilliseconds, work));
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

const newline = 10;

const endOf = (content: Buffer): number => content.lastIndexOf(newline) + 1;

function linesIn(content: Buffer): KeptChange[] {
  const lines = content.subarray(0, endOf(content)).toString('utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').flatMap((line) => parsed(line) ?? []);
}

function parsed(line: string): KeptChange | null {
  try {
    return JSON.parse(line) as KeptChange;
  } catch {
    return null;
  }
}

function readMark(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(markBytes);
      return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, markBytes, 0)).trim();
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

async function writeMark(file: string, mark: string): Promise<void> {
  const handle = await open(file, 'r+').catch(() => open(file, 'w', 0o600));
  try {
    await handle.write(mark.padEnd(markBytes), 0);
  } finally {
    await handle.close();
  }
}
