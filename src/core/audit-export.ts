import type { LoggedEntry } from './ports/store.ts';

export const auditFormats = ['json', 'csv'] as const;

export type AuditFormat = (typeof auditFormats)[number];

export function isAuditFormat(text: string): text is AuditFormat {
  return auditFormats.some((format) => format === text);
}

const columns = [
  'entry',
  'at',
  'run_id',
  'action',
  'user',
  'face',
  'outcome',
  'why',
  'facts',
  'redacted',
  'hash',
] as const;

export interface AuditEntryJson {
  readonly entry: number;
  /** ISO 8601 with `Z`. */
  readonly at: string;
  readonly run_id: string | null;
  readonly action: string;
  readonly user: string;
  readonly face: string;
  readonly outcome: string;
  readonly why: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly redacted: boolean;
  readonly hash: string | null;
}

export function auditJson(logged: LoggedEntry): AuditEntryJson {
  const { entry, at, runId, action, actor, outcome, why, facts, isRedacted: redacted, hash } = logged;
  const { user, face } = actor;
  return {
    entry,
    at: new Date(at).toISOString(),
    run_id: runId,
    action,
    user,
    face,
    outcome,
    why,
    facts,
    redacted,
    hash,
  };
}

/** What stands before the first entry, and behind the last. CSV is that of RFC 4180. */
export const auditOpening: Readonly<Record<AuditFormat, string>> = {
  json: '{"entries":[',
  csv: `${columns.join(',')}\r\n`,
};
export const auditClosing: Readonly<Record<AuditFormat, string>> = { json: '\n]}\n', csv: '' };

export function exportedEntry(logged: LoggedEntry, format: AuditFormat, isFirst: boolean): string {
  const document = auditJson(logged);
  if (format === 'json') return `${isFirst ? '' : ','}\n${JSON.stringify(document)}`;
  return `${columns.map((column) => cell(document[column])).join(',')}\r\n`;
}

/**
 * A program that shows tables takes text that begins so for a formula, and obeys it; an apostrophe before it makes it text.
 * See OWASP, CSV injection.
 */
const formula = /^\s*[=+\-@\t\r\n＝＋－＠]/u;

function cell(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
