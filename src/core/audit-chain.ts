import type { Actor } from './run.ts';
import type { AuditEntry } from './ports/store.ts';
import type { RunId } from './run-id.ts';

/** An entry of the audit log before it has its place in the chain. */
export interface UnchainedEntry {
  /** Counted from 1, without gaps. */
  readonly entry: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly runId: RunId | null;
  readonly action: string;
  readonly user: string;
  readonly face: Actor['face'];
  readonly outcome: AuditEntry['outcome'];
  readonly why: string | null;
  /** JSON. */
  readonly facts: string;
}

export interface ChainedEntry extends UnchainedEntry {
  /** Random; null once the entry's text was redacted. */
  readonly salt: string | null;
  /** Of the text and the salt: it stays when they go, so that the chain can be verified without them. */
  readonly textDigest: string | null;
  /** Of all the rest, the text by its digest, and of the hash of the entry before. Null where no version of ours wrote it. */
  readonly hash: string | null;
}

/** Up to where a chain is known. */
export interface ChainHead {
  readonly entry: number;
  readonly hash: string;
}

/** SHA-256 in hex. */
export type Digest = (text: string) => string;

export const chainStart: ChainHead = { entry: 0, hash: '' };

/** Whose text is removed: what one person did, or what is about one run. */
export type RedactionRequest = { readonly user: string } | { readonly runId: RunId };

/** First and last entry. */
export type EntryRange = readonly [number, number];

/** Numbers in their order, as ranges. */
export function rangesOf(entries: readonly number[]): readonly EntryRange[] {
  const ranges: [number, number][] = [];
  for (const entry of entries) {
    const last = ranges.at(-1);
    if (last?.[1] === entry - 1) last[1] = entry;
    else ranges.push([entry, entry]);
  }
  return ranges;
}

/** What stands in the place of the text of an entry that was redacted. */
export const redactedText = { user: '', why: null, facts: '{}' } as const;

const form = 'workflow-warden audit 1';

/** Puts an entry behind the one whose hash is given. */
export function chained(entry: UnchainedEntry, previousHash: string, salt: string, digest: Digest): ChainedEntry {
  const salted = { ...entry, salt, textDigest: digest(textOf(entry, salt)) };
  return { ...salted, hash: digest(linkOf(salted, previousHash)) };
}

export type EntryFault = 'not_chained' | 'edited' | 'broken';

/**
 * What is wrong with an entry by itself and by the one before: `edited` when its text is not the one that was written,
 * `broken` when something else of it, or the hash before it, is not.
 * @param previousHash null when the entry before it is not known
 */
export function faultOf(entry: ChainedEntry, previousHash: string | null, digest: Digest): EntryFault | null {
  if (entry.hash === null || entry.textDigest === null) return 'not_chained';
  if (!isTextIntact(entry, entry.textDigest, digest)) return 'edited';
  return previousHash !== null && digest(linkOf(entry, previousHash)) !== entry.hash ? 'broken' : null;
}

export function isRedacted({ salt, hash }: Pick<ChainedEntry, 'salt' | 'hash'>): boolean {
  return salt === null && hash !== null;
}

function isTextIntact(entry: ChainedEntry, textDigest: string, digest: Digest): boolean {
  if (entry.salt !== null) return digest(textOf(entry, entry.salt)) === textDigest;
  return entry.user === redactedText.user && entry.why === redactedText.why && entry.facts === redactedText.facts;
}

/** What may hold personal data. */
const textOf = ({ user, why, facts }: UnchainedEntry, salt: string): string => JSON.stringify([salt, user, why, facts]);

function linkOf(entry: Omit<ChainedEntry, 'hash'>, previousHash: string): string {
  const { entry: number, at, runId, action, face, outcome, textDigest } = entry;
  return JSON.stringify([form, number, at, runId, action, face, outcome, textDigest, previousHash]);
}
