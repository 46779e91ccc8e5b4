import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ChainedEntry, type ChainHead, redactedText } from '../core/audit-chain.ts';
import { isWardenError, WardenError } from '../core/errors.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { RunId } from '../core/run-id.ts';
import { myTurn } from '../event-loop-turns.ts';
import { auditFileName } from './audit-file.ts';
import { AuditHeads } from './audit-heads.ts';
import { entryIn, lineOf } from './audit-line.ts';
import { withLockFile } from './lock-file.ts';

/** The audit log of the database. */
export interface AuditSource {
  /** In their order, at most so many. */
  auditRowsAfter(entry: number, limit: number): Promise<readonly ChainedEntry[]>;
  /** Number of the last; 0 when there is none. */
  lastAudit(): Promise<number>;
}

/** What is committed is copied no later than this, and at once when somebody waits for his answer. */
const delayMilliseconds = 100;

/** How long to wait for another process that is copying. */
const lockPatienceMilliseconds = 1_000;

/** On a busy machine several of them may be at it for longer: so often it is tried again soon, and nothing told. */
const untoldTries = 10;

const rowsAtOnce = 200;
const tailBytes = 16 * 1024;
const newline = 10;

/** How far a process has seen the file to reach. */
interface Reached {
  readonly inode: number;
  readonly size: number;
  readonly entry: number;
}

/**
 * `audit.jsonl`: the audit log once more, one line an entry. Whoever has written into the database copies all that is not
 * in the file yet, so that what a crash left out is made up for. What the file once held is not written again: when
 * somebody takes lines away, they stay missing and are found to be.
 */
export class AuditMirror {
  readonly file: string;
  readonly heads: AuditHeads;
  readonly #diagnostics: Diagnostics;
  #reached: Reached | null = null;
  #wanted: AuditSource | null = null;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> | null = null;
  #hasFailed = false;
  #timesHeldUp = 0;
  #isClosed = false;

  constructor(stateFolder: string, diagnostics: Diagnostics) {
    this.file = path.join(stateFolder, auditFileName);
    this.heads = new AuditHeads(stateFolder);
    this.#diagnostics = diagnostics;
  }

  /** What a crash left out is to be made up for. */
  async isBehind(source: Pick<AuditSource, 'lastAudit'>): Promise<boolean> {
    const last = await source.lastAudit().catch(() => 0);
    return last > ((await this.heads.head())?.entry ?? 0);
  }

  /** There is something to copy; soon, so that what follows at once is copied with it. */
  copySoon(source: AuditSource): void {
    this.#wanted = source;
    this.#timer ??= setTimeout(() => void this.copied(), delayMilliseconds).unref();
  }

  /** Resolves when all that was there to be copied is on the disk, or could not be copied now: that is tried again, or told. */
  async copied(): Promise<void> {
    // What is under way may have begun before the last of it.
    await this.#work;
    if (this.#wanted !== null) {
      this.#work ??= this.#copy().finally(() => {
        this.#work = null;
      });
    }
    await this.#work;
  }

  /**
   * Removes the text of entries from the file, which is written anew and takes the old one's place whole.
   * @throws the system's error, and state_folder_not_writable when somebody else goes on working on it
   */
  redact(entries: ReadonlySet<number>): Promise<void> {
    return this.#locked(async () => {
      const unfinished = `${this.file}.new`;
      const file = await open(unfinished, 'w', 0o600);
      try {
        for await (const line of createInterface({ input: createReadStream(this.file), crlfDelay: Infinity })) {
          const entry = entryIn(line);
          const isDue = entry !== null && entries.has(entry.entry);
          await file.write(isDue ? lineOf({ ...entry, ...redactedText, salt: null }) : `${line}\n`);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, this.file);
    });
  }

  /** What was not copied is copied by whoever comes next. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#wanted = null;
  }

  async #copy(): Promise<void> {
    const source = this.#wanted;
    this.#stopTimer();
    this.#wanted = null;
    if (source === null) return;
    try {
      await this.#locked(() => this.#copyFrom(source));
      this.#hasFailed = false;
      this.#timesHeldUp = 0;
    } catch (error) {
      if (isWardenError(error, 'state_folder_not_writable') && this.#timesHeldUp < untoldTries) {
        this.#timesHeldUp += 1;
        if (!this.#isClosed) this.copySoon(source);
        return;
      }
      if (!this.#hasFailed) this.#diagnostics.failed('copying the audit log to audit.jsonl', error);
      this.#hasFailed = true;
    }
  }

  #locked(work: () => Promise<void>): Promise<void> {
    return withLockFile(`${this.file}.lock`, lockPatienceMilliseconds, (isHeld) => {
      if (!isHeld)
        throw new WardenError('state_folder_not_writable', { path: this.file, detail: 'it cannot be locked' });
      return work();
    });
  }

  async #copyFrom(source: AuditSource): Promise<void> {
    const head = await this.heads.last();
    const file = await open(this.file, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { inode, size, entry } = await this.#reach(file);
      const from = Math.max(entry, head.entry);
      const { position, last, runs } = await appendAfter(file, size, from, source);
      if (last === null) return;
      await file.datasync();
      // Where a file system does not lock, it may have been written into a file that was replaced.
      if ((await stat(this.file)).ino !== inode) return;
      this.#reached = { inode, size: position, entry: last.entry };
      // Of a log that was rewritten it must not be remembered that all is well.
      if (!(await agrees(source, head))) return;
      await this.heads.keep(last);
      for (const [runId, known] of runs) await this.heads.keepOfRun(runId, known);
    } finally {
      await file.close();
    }
  }

  /** Cuts off what a crash has left of a line. */
  async #reach(file: FileHandle): Promise<Reached> {
    const { ino: inode, size } = await file.stat();
    if (this.#reached?.inode === inode && this.#reached.size === size) return this.#reached;
    const { end, line } = await lastLineOf(file, size);
    if (end < size) await file.truncate(end);
    return { inode, size: end, entry: entryIn(line)?.entry ?? 0 };
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

async function agrees(source: AuditSource, head: ChainHead): Promise<boolean> {
  if (head.entry === 0) return true;
  const [row] = await source.auditRowsAfter(head.entry - 1, 1);
  // What was lost with the whole database is missing, and found to be.
  return row === undefined || row.entry > head.entry || (row.hash ?? '') === head.hash;
}

interface Appended {
  readonly position: number;
  readonly last: ChainHead | null;
  /** The last entry of each run. */
  readonly runs: ReadonlyMap<RunId, ChainHead>;
}

/** At its place, not at the end: two who write the same lines by mistake write them over each other. */
async function appendAfter(file: FileHandle, size: number, from: number, source: AuditSource): Promise<Appended> {
  const runs = new Map<RunId, ChainHead>();
  let position = size;
  let last: ChainHead | null = null;
  for (;;) {
    const rows = await source.auditRowsAfter(last?.entry ?? from, rowsAtOnce);
    if (rows.length === 0) return { position, last, runs };
    const bytes = Buffer.from(rows.map(lineOf).join(''));
    await file.write(bytes, 0, bytes.length, position);
    position += bytes.length;
    for (const { entry, hash, runId } of rows) {
      last = { entry, hash: hash ?? '' };
      if (runId !== null) runs.set(runId, last);
    }
    await myTurn();
  }
}

/** The last whole line and where it ends; an empty one at 0 when there is none. */
async function lastLineOf(file: FileHandle, size: number): Promise<{ readonly end: number; readonly line: string }> {
  for (let bytes = tailBytes; ; bytes *= 4) {
    const start = Math.max(0, size - bytes);
    const { buffer } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const end = buffer.lastIndexOf(newline);
    const begin = end <= 0 ? -1 : buffer.lastIndexOf(newline, end - 1);
    if (begin >= 0 || start === 0) {
      return { end: end < 0 ? 0 : start + end + 1, line: buffer.toString('utf8', begin + 1, Math.max(end, 0)) };
    }
  }
}
