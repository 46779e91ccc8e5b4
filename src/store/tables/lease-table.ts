import type { Lease } from '../../core/lease.ts';
import type { ProcessIdentity } from '../../core/process-identity.ts';
import type { Statements } from './statements.ts';

interface LeaseRow extends Omit<Lease, 'holder'> {
  readonly holder: string;
}

/** The table of who watches: one row at most. What writes is called within a transaction. */
export class LeaseTable {
  readonly #statement: Statements;

  constructor(statement: Statements) {
    this.#statement = statement;
  }

  present(): Lease | null {
    const sql = "SELECT holder, face, heartbeat FROM supervisors WHERE lease = 'watch'";
    const row = this.#statement(sql).get() as LeaseRow | undefined;
    return row === undefined ? null : { ...row, holder: JSON.parse(row.holder) as ProcessIdentity };
  }

  write({ holder, face, heartbeat }: Lease): void {
    this.#statement(`
      INSERT INTO supervisors (lease, holder, face, heartbeat) VALUES ('watch', @holder, @face, @heartbeat)
      ON CONFLICT (lease) DO UPDATE SET holder = excluded.holder, face = excluded.face, heartbeat = excluded.heartbeat`).run(
      { holder: JSON.stringify(holder), face, heartbeat },
    );
  }

  /** Unless somebody else holds it by now. */
  delete(holder: ProcessIdentity): void {
    this.#statement("DELETE FROM supervisors WHERE lease = 'watch' AND holder = ?").run(JSON.stringify(holder));
  }

  clear(): void {
    this.#statement('DELETE FROM supervisors').run();
  }
}
