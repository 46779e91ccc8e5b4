import { type ChainedEntry, isRedacted } from '../../core/audit-chain.ts';
import type { AuditEntry, LoggedEntry } from '../../core/ports/store.ts';
import type { RunId } from '../../core/run-id.ts';

/** A row of `audit_log`, as SQLite gives it. */
export interface AuditRow {
  entry: number;
  at: number;
  run_id: RunId | null;
  action: string;
  user: string;
  face: AuditEntry['actor']['face'];
  outcome: AuditEntry['outcome'];
  why: string | null;
  facts: string;
  /** Absent in a database of an older version. */
  salt?: string | null;
  text_digest?: string | null;
  hash?: string | null;
}

export function chainedFrom(row: AuditRow): ChainedEntry {
  const { run_id: runId, salt = null, text_digest: textDigest = null, hash = null, ...rest } = row;
  return { ...rest, runId, salt, textDigest, hash };
}

export function loggedFrom(row: ChainedEntry): LoggedEntry {
  const { entry, at, runId, action, user, face, outcome, why, hash } = row;
  const facts = JSON.parse(row.facts) as Record<string, unknown>;
  return { entry, at, runId, action, actor: { user, face }, outcome, why, facts, hash, isRedacted: isRedacted(row) };
}

export function auditParameters(entry: AuditEntry): Record<string, string | number | null> {
  return {
    at: entry.at,
    run_id: entry.runId,
    action: entry.action,
    user: entry.actor.user,
    face: entry.actor.face,
    outcome: entry.outcome,
    why: entry.why,
    facts: JSON.stringify(entry.facts),
  };
}
