import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type ChainHead, chainStart } from '../core/audit-chain.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { readRunFile, writeRunFile } from './run-file.ts';

/** An entry whose hash is kept apart from the audit log: in the folder of a run, or in `audit.head` when that is null. */
export interface RememberedHead extends ChainHead {
  readonly runId: RunId | null;
}

/** Longer than a head will ever be, so that it is written in place. */
const headBytes = 128;

/**
 * Where the chain had come to: `audit.head` in the state folder, and `audit-head` in the folder of each run, which is the
 * last entry about it. A log that was rewritten with all its hashes does not agree with them.
 */
export class AuditHeads {
  readonly #file: string;
  readonly #root: string;

  constructor(stateFolder: string) {
    this.#file = path.join(stateFolder, 'audit.head');
    this.#root = path.join(stateFolder, 'runs');
  }

  /** Null when there is none, or it cannot be read. */
  async head(): Promise<ChainHead | null> {
    return readHead(this.#file);
  }

  /** The last entry that is remembered anywhere: whoever removes `audit.head` has not removed what runs remember. */
  async last(): Promise<ChainHead> {
    const own = await this.head();
    if (own !== null) return own;
    const remembered = await this.all();
    return remembered.reduce<ChainHead>((last, one) => (one.entry > last.entry ? one : last), chainStart);
  }

  async keep(head: ChainHead): Promise<void> {
    const file = await open(this.#file, 'r+').catch(() => open(this.#file, 'w', 0o600));
    try {
      await file.write(textOf(head), 0);
    } finally {
      await file.close();
    }
  }

  /** A run whose folder is gone has none. */
  async keepOfRun(runId: RunId, head: ChainHead): Promise<void> {
    await writeRunFile(this.#fileOf(runId), textOf(head)).catch(() => undefined);
  }

  async all(): Promise<readonly RememberedHead[]> {
    const heads: RememberedHead[] = [];
    const own = await this.head();
    if (own !== null) heads.push({ ...own, runId: null });
    const names: string[] = await readdir(this.#root).catch(() => []);
    for (const runId of names.filter(isRunId)) {
      const head = await readHead(this.#fileOf(runId));
      if (head !== null) heads.push({ ...head, runId });
    }
    return heads;
  }

  #fileOf(runId: RunId): string {
    return path.join(this.#root, runId, 'audit-head');
  }
}

const textOf = ({ entry, hash }: ChainHead): string => `${JSON.stringify({ entry, hash }).padEnd(headBytes - 1)}\n`;

async function readHead(file: string): Promise<ChainHead | null> {
  try {
    const found = JSON.parse(await readRunFile(file)) as Partial<ChainHead>;
    return Number.isSafeInteger(found.entry) && typeof found.hash === 'string' ? (found as ChainHead) : null;
  } catch {
    return null;
  }
}
