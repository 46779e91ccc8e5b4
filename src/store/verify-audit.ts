import { type ChainedEntry, chainStart, faultOf, isRedacted } from '../core/audit-chain.ts';
import type { AuditProblem, AuditVerification } from '../core/audit-problem.ts';
import type { RunId } from '../core/run-id.ts';
import { isTurnOver, myTurn } from '../event-loop-turns.ts';
import { auditFileSize, entriesIn } from './audit-file.ts';
import type { AuditHeads, RememberedHead } from './audit-heads.ts';
import type { AuditSource } from './audit-mirror.ts';
import { sha256 } from './tables/audit-table.ts';

/** More problems are not listed: when the whole log was rewritten, each of its entries is one. */
const listedProblems = 1_000;

const rowsAtOnce = 500;

type Place = AuditProblem['where'];

/**
 * Compares the audit log of the database, `audit.jsonl` and the remembered heads with each other and each with its own
 * hashes. Reads both once, side by side, and holds no more than some hundred entries at a time.
 */
export async function verifyAudit(source: AuditSource, file: string, heads: AuditHeads): Promise<AuditVerification> {
  // In this order: whatever is remembered was in the file before, and what is in the file in the database.
  const remembered = await heads.all();
  const size = await auditFileSize(file);
  const last = await source.lastAudit();
  const verification = new Verification(remembered);
  const rows = verification.checked('database', rowsUntil(source, last));
  const lines = verification.checked('file', entriesIn(file, size));
  let row = await next(rows);
  let line = await next(lines);
  while (row !== null || line !== null) {
    const order = Math.sign((row?.entry ?? Infinity) - (line?.entry ?? Infinity));
    if (row !== null && line !== null && order === 0) verification.compare(row, line);
    const isFromFile = order > 0;
    const known = isFromFile ? line : row;
    if (known !== null) verification.recall(isFromFile ? 'file' : 'database', known);
    if (order <= 0) row = await next(rows);
    if (order >= 0) line = await next(lines);
  }
  return verification.result(last);
}

class Verification {
  readonly #remembered: readonly RememberedHead[];
  readonly #byEntry: ReadonlyMap<number, readonly RememberedHead[]>;
  readonly #problems: AuditProblem[] = [];
  readonly #lastOf = { database: 0, file: 0 };
  readonly #redacted = new Redactions();
  #entries = 0;
  #isCut = false;

  constructor(remembered: readonly RememberedHead[]) {
    this.#remembered = remembered;
    this.#byEntry = Map.groupBy(remembered, ({ entry }) => entry);
  }

  /** The entries of one of the two that are in their order, each checked with the one before. */
  async *checked(where: Place, entries: AsyncIterable<ChainedEntry | null>): AsyncGenerator<ChainedEntry> {
    let previous: { readonly entry: number; readonly hash: string | null } = chainStart;
    for await (const entry of entries) {
      const expected = previous.entry + 1;
      if (entry === null) this.#found(where, 'unreadable', expected);
      else if (entry.entry < expected) this.#found(where, 'out_of_order', entry.entry);
      else {
        if (entry.entry > expected) this.#found(where, 'missing', expected, entry.entry - 1);
        const fault = faultOf(entry, entry.entry > expected ? null : previous.hash, sha256);
        if (fault !== null) this.#found(where, fault, entry.entry);
        if (where === 'database') this.#counted(entry);
        previous = entry;
        this.#lastOf[where] = entry.entry;
        yield entry;
      }
    }
  }

  #counted(entry: ChainedEntry): void {
    this.#entries += 1;
    if (isRedacted(entry)) this.#redacted.add(entry.entry);
    if (entry.action === 'redact' && entry.outcome === 'done') this.#redacted.explain(entry);
  }

  /** The same entry in both. */
  compare(row: ChainedEntry, line: ChainedEntry): void {
    if (row.hash !== line.hash) this.#found('file', 'differs', row.entry);
    else if (isRedacted(row) && !isRedacted(line)) this.#found('file', 'not_redacted', row.entry);
    else if (isRedacted(line) && !isRedacted(row)) this.#found('database', 'not_redacted', row.entry);
  }

  /** What is remembered of an entry. */
  recall(where: Place, { entry, hash }: ChainedEntry): void {
    for (const head of this.#byEntry.get(entry) ?? []) {
      if (head.hash !== (hash ?? '')) this.#found(where, 'not_remembered', entry, entry, head.runId);
    }
  }

  /** @param last entry of the database */
  result(last: number): AuditVerification {
    const copied = this.#remembered.reduce((most, { entry }) => Math.max(most, entry), 0);
    // What was not copied yet is no loss: a crash came between.
    if (this.#lastOf.file < copied) this.#found('file', 'missing', this.#lastOf.file + 1, copied);
    const known = Math.max(copied, this.#lastOf.file);
    if (last < known) this.#found('database', 'missing', last + 1, known);
    if (known > 0 && !this.#remembered.some(({ runId }) => runId === null)) this.#found('file', 'head_missing', known);
    for (const entry of this.#redacted.unexplained()) this.#found('database', 'redacted', entry);
    return { entries: this.#entries, problems: this.#problems, isCut: this.#isCut };
  }

  #found(where: Place, kind: AuditProblem['kind'], entry: number, last = entry, runId: RunId | null = null): void {
    if (this.#problems.length < listedProblems) this.#problems.push({ where, kind, entry, last, runId });
    else this.#isCut = true;
  }
}

/** Entries without their text, and what the entries about redactions say of them. */
class Redactions {
  readonly #entries = new Set<number>();

  add(entry: number): void {
    this.#entries.add(entry);
  }

  /** A redaction comes after what it has redacted. */
  explain({ entry: number, facts }: ChainedEntry): void {
    const entries = (JSON.parse(facts) as { readonly entries?: unknown } | null)?.entries;
    if (!Array.isArray(entries)) return;
    for (const range of entries) {
      const [first, last] = Array.isArray(range) ? range.map(Number) : [];
      if (first === undefined || last === undefined) continue;
      for (let entry = Math.max(1, first); entry <= Math.min(last, number); entry += 1) this.#entries.delete(entry);
    }
  }

  unexplained(): Iterable<number> {
    return this.#entries;
  }
}

async function* rowsUntil(source: AuditSource, last: number): AsyncGenerator<ChainedEntry> {
  for (let from = 0; from < last;) {
    const rows = await source.auditRowsAfter(from, rowsAtOnce);
    if (rows.length === 0) return;
    for (const row of rows) {
      if (row.entry > last) return;
      if (isTurnOver()) await myTurn();
      yield row;
      from = row.entry;
    }
  }
}

async function next(entries: AsyncIterator<ChainedEntry>): Promise<ChainedEntry | null> {
  const { value, done } = await entries.next();
  return done === true ? null : value;
}
