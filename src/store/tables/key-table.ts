import type { ApiKey, KeyDigest, KeyStanding } from '../../core/api-key.ts';
import type { Statements } from './statements.ts';

interface KeyRow {
  id: string;
  name: string;
  standing: string;
  salt: string;
  digest: string;
  created_by: string;
  created_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** The table of keys. What writes is called within a transaction. */
export class KeyTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  add(key: ApiKey, { salt, digest }: KeyDigest): void {
    const { id, name, standing, createdBy, createdAt } = key;
    this.#statement(`
      INSERT INTO api_keys (id, name, standing, salt, digest, created_by, created_at)
      VALUES (@id, @name, @standing, @salt, @digest, @createdBy, @createdAt)`).run({
      id,
      name,
      createdBy,
      createdAt,
      salt,
      digest,
      standing: JSON.stringify(standing),
    });
  }

  all(): readonly ApiKey[] {
    return (this.#statement('SELECT * FROM api_keys ORDER BY created_at, id').all() as KeyRow[]).map(keyFrom);
  }

  /** Revoked or not. */
  withDigest(id: string): { readonly key: ApiKey; readonly kept: KeyDigest } | null {
    const row = this.#statement('SELECT * FROM api_keys WHERE id = ?').get(id) as KeyRow | undefined;
    return row === undefined ? null : { key: keyFrom(row), kept: { salt: row.salt, digest: row.digest } };
  }

  used(id: string, at: number): void {
    this.#statement('UPDATE api_keys SET last_used_at = ? WHERE id = ?').run(at, id);
  }

  /** @returns false when there is none, or it is revoked */
  revoke(id: string, at: number): boolean {
    return (
      this.#statement('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL').run(at, id).changes > 0
    );
  }

  /** @returns the ids of those that were not revoked yet */
  revokeAll(at: number): readonly string[] {
    const sql = 'UPDATE api_keys SET revoked_at = ? WHERE revoked_at IS NULL RETURNING id';
    return this.#statement(sql).pluck().all(at) as string[];
  }
}

function keyFrom(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    standing: JSON.parse(row.standing) as KeyStanding,
    createdBy: row.created_by,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
