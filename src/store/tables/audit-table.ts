import { hash, randomBytes } from 'node:crypto';
import {
  type ChainedEntry,
  type ChainHead,
  chained,
  chainStart,
  type RedactionRequest,
  type UnchainedEntry,
} from '../../core/audit-chain.ts';
import type { AuditHistory } from '../../core/alerts.ts';
import type { AuditEntry, AuditFilter, HistorySpan } from '../../core/ports/store.ts';
import { auditParameters } from './audit-row.ts';
import type { Statements } from './statements.ts';

export const sha256 = (text: string): string => hash('sha256', text, 'hex');

const columns =
  'entry, at, run_id AS runId, action, user, face, outcome, why, facts, salt, text_digest AS textDigest, hash';

const insert = `
INSERT INTO audit_log (entry, at, run_id, action, user, face, outcome, why, facts, salt, text_digest, hash)
VALUES (@entry, @at, @runId, @action, @user, @face, @outcome, @why, @facts, @salt, @textDigest, @hash)`;

/** The table of the audit log, whose entries form a chain. What writes is called within a transaction. */
export class AuditTable {
  readonly #statement: Statements;
  #last = 0;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  /** Number of the entry that was written last through this object, taken back or not. */
  get last(): number {
    return this.#last;
  }

  append(entry: AuditEntry): void {
    const { at, runId, action, actor, outcome, why, facts } = entry;
    const { user, face } = actor;
    const number = this.#numberOfNext();
    const row = { entry: number, at, runId, action, user, face, outcome, why, facts: JSON.stringify(facts) };
    // Not ignored: what the table does not accept is an error.
    this.#statement(insert).run(chained(row, this.head().hash, newSalt(), sha256));
    this.#last = number;
  }

  /** With the number and the place in the chain that it has already. @returns false when there is one with that number */
  insert(entry: ChainedEntry): boolean {
    return this.#statement(`${insert} ON CONFLICT (entry) DO NOTHING`).run(entry).changes > 0;
  }

  /** The last entry that is in the chain. */
  head(): ChainHead {
    const row = this.#statement('SELECT entry, hash FROM audit_log ORDER BY entry DESC LIMIT 1').get() as
      | { entry: number; hash: string | null }
      | undefined;
    return row === undefined ? chainStart : { entry: row.entry, hash: row.hash ?? '' };
  }

  /** In their order, at most so many. */
  after(entry: number, limit: number): readonly ChainedEntry[] {
    const sql = `SELECT ${columns} FROM audit_log WHERE entry > ? ORDER BY entry LIMIT ?`;
    return this.#statement(sql).all(entry, limit) as ChainedEntry[];
  }

  /** In their order. */
  matching(filter: AuditFilter): readonly ChainedEntry[] {
    const { limit = 1_000, ...wanted } = filter;
    const conditions = [
      ...(wanted.runId === undefined ? [] : ['run_id = @runId']),
      ...(wanted.action === undefined ? [] : ['action = @action']),
      ...(wanted.since === undefined ? [] : ['at >= @since']),
      ...(wanted.until === undefined ? [] : ['at < @until']),
      ...(wanted.after === undefined ? [] : ['entry > @after']),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const order = wanted.after === undefined ? 'DESC' : 'ASC';
    const sql = `
      SELECT * FROM (SELECT ${columns} FROM audit_log ${where} ORDER BY entry ${order} LIMIT @limit) ORDER BY entry`;
    return this.#statement(sql).all({ ...wanted, limit }) as ChainedEntry[];
  }

  /**
   * Removes the text of entries and its salt for good; entries about redactions keep theirs.
   * @returns the numbers of those that had any
   */
  redact(request: RedactionRequest): readonly number[] {
    const whose = 'user' in request ? 'user = @user' : 'run_id = @runId';
    const where = `WHERE ${whose} AND salt IS NOT NULL AND hash IS NOT NULL AND action <> 'redact'`;
    const sql = `SELECT entry FROM audit_log ${where} ORDER BY entry`;
    const entries = this.#statement(sql).pluck().all(request) as number[];
    this.#statement(`UPDATE audit_log SET salt = NULL, user = '', why = NULL, facts = '{}' ${where}`).run(request);
    return entries;
  }

  /** An older copy of the table still has the text of an entry that was redacted since. */
  redactAgain({ entry, hash }: Pick<ChainedEntry, 'entry' | 'hash'>): void {
    this.#statement(`
      UPDATE audit_log SET salt = NULL, user = '', why = NULL, facts = '{}'
      WHERE entry = ? AND hash IS ? AND salt IS NOT NULL`).run(entry, hash);
  }

  /** The very same entry: what is kept is offered again when a crash came between taking and clearing it. */
  has(entry: AuditEntry): boolean {
    const sql = `
      SELECT 1 FROM audit_log
      WHERE run_id IS @run_id AND at = @at AND action = @action AND user = @user AND face = @face
        AND why IS @why AND (facts = @facts OR json_remove(facts, '$.overtaken_by') = @facts)`;
    return this.#statement(sql).get(auditParameters(entry)) !== undefined;
  }

  /** How the kills and removals of late went. */
  history({ killsSince, cleanupsSince, slowCleanupMilliseconds }: HistorySpan): AuditHistory {
    const ended = "outcome IN ('done', 'failed')";
    const sql = `
SELECT kills, failedKills, slowCleanups, slowestCleanupMilliseconds FROM
  (SELECT count(DISTINCT run_id) AS kills, count(DISTINCT iif(outcome = 'failed', run_id, NULL)) AS failedKills
   FROM audit_log WHERE action = 'kill' AND at >= @killsSince AND ${ended}),
  (SELECT count(*) AS slowCleanups, coalesce(max(facts ->> '$.duration_ms'), 0) AS slowestCleanupMilliseconds
   FROM audit_log WHERE action = 'cleanup' AND at >= @cleanupsSince AND ${ended}
     AND facts ->> '$.duration_ms' > @slowCleanupMilliseconds)`;
    return this.#statement(sql).get({ killsSince, cleanupsSince, slowCleanupMilliseconds }) as AuditHistory;
  }

  redacted(): ReadonlySet<number> {
    const sql = 'SELECT entry FROM audit_log WHERE salt IS NULL AND hash IS NOT NULL';
    return new Set(this.#statement(sql).pluck().all() as number[]);
  }

  /** Entries from here on get higher numbers: what was lost is seen to be missing. */
  countFrom(entry: number): void {
    if (this.#numberOfNext() > entry) return;
    this.#statement("DELETE FROM sqlite_sequence WHERE name = 'audit_log'").run();
    this.#statement("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_log', ?)").run(entry);
  }

  /** Puts entries that an older version wrote into the chain, in their order. */
  chainUnchained(): void {
    const unchained = this.#statement(
      `SELECT ${columns} FROM audit_log WHERE hash IS NULL AND entry > ? ORDER BY entry LIMIT 1`,
    );
    const before = this.#statement('SELECT hash FROM audit_log WHERE entry < ? ORDER BY entry DESC LIMIT 1').pluck();
    const update = this.#statement(
      'UPDATE audit_log SET salt = @salt, text_digest = @textDigest, hash = @hash WHERE entry = @entry',
    );
    for (let last = 0; ;) {
      const row = unchained.get(last) as UnchainedEntry | undefined;
      if (row === undefined) return;
      const previous = before.get(row.entry) as string | undefined;
      const { entry, salt, textDigest, hash: own } = chained(row, previous ?? chainStart.hash, newSalt(), sha256);
      update.run({ entry, salt, textDigest, hash: own });
      last = row.entry;
    }
  }

  /** Not the highest that is there: a deleted last entry would leave no gap. */
  #numberOfNext(): number {
    const counted = this.#statement("SELECT seq FROM sqlite_sequence WHERE name = 'audit_log'").pluck().get();
    return (typeof counted === 'number' ? counted : 0) + 1;
  }
}

const newSalt = (): string => randomBytes(16).toString('hex');
