import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ChainedEntry } from '../core/audit-chain.ts';
import { isTurnOver, myTurn } from '../event-loop-turns.ts';
import { entryIn } from './audit-line.ts';

/** In the state folder. */
export const auditFileName = 'audit.jsonl';

/** Bytes of the file; 0 when it is gone. */
export async function auditFileSize(file: string): Promise<number> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  return size;
}

/**
 * The entries of `audit.jsonl` as far as the file reached, null for each line that is none; what follows the last newline
 * is left out. Where it cannot be read at all, one null stands for the rest. The event loop turns between.
 */
export async function* entriesIn(file: string, size: number): AsyncGenerator<ChainedEntry | null> {
  if (size === 0) return;
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, { end: size - 1, encoding: 'utf8' })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (isTurnOver()) await myTurn();
        yield entryIn(line);
      }
    }
  } catch (error) {
    // An error of the system, and none of whoever takes the entries.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    yield null;
  }
}
