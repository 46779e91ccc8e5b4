import type { ChainedEntry } from '../core/audit-chain.ts';

/** An entry as one line of `audit.jsonl`. */
export function lineOf(entry: ChainedEntry): string {
  const { runId, textDigest, facts, entry: number, at, action, user, face, outcome, why, salt, hash } = entry;
  const line = {
    entry: number,
    at,
    run_id: runId,
    action,
    user,
    face,
    outcome,
    why,
    facts: JSON.parse(facts) as unknown,
  };
  return `${JSON.stringify({ ...line, salt, text_digest: textDigest, hash })}\n`;
}

/** The entry of a line; null when it is none. What it says is not checked: its hash does that. */
export function entryIn(line: string): ChainedEntry | null {
  try {
    const { run_id: runId, text_digest: textDigest, facts, ...rest } = JSON.parse(line) as Record<string, unknown>;
    if (!Number.isSafeInteger(rest['entry']) || Number(rest['entry']) < 1) return null;
    const entry = { why: null, salt: null, hash: null, ...rest, runId: runId ?? null, textDigest: textDigest ?? null };
    return { ...entry, facts: JSON.stringify(facts ?? {}) } as ChainedEntry;
  } catch {
    return null;
  }
}
