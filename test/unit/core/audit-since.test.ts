import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type ChainedEntry, chained, type ChainHead, chainStart, redactedText } from '../../../src/core/audit-chain.ts';
import { AuditSince } from '../../../src/core/audit-since.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function chainOf(facts: readonly object[]): readonly ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (const some of facts) {
    const entry = {
      entry: chain.length + 1,
      at: 100 + chain.length,
      runId: null,
      action: 'revoke_key',
      user: 'alice',
      face: 'cli',
      outcome: 'done',
      why: null,
      facts: JSON.stringify(some),
    } as const;
    chain.push(chained(entry, chain.at(-1)?.hash ?? chainStart.hash, 'salt', digest));
  }
  return chain;
}

const chain = chainOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const headAt = (number: number): ChainHead => ({ entry: number, hash: chain[number - 1]!.hash! });

function since(entries: readonly ChainedEntry[], remembered: readonly ChainHead[]): AuditSince {
  const known = new AuditSince(headAt(1), remembered, digest);
  for (const entry of entries) known.add(entry);
  return known;
}

test('of a log that is whole it is certain which keys were revoked since', () => {
  const whole = since(chain.slice(1), [headAt(3), headAt(2)]);
  expect([whole.isWhole, whole.missing]).toEqual([true, 0]);
  expect([...whole.revokedKeys]).toEqual([
    ['b', 101],
    ['c', 102],
  ]);
  expect(since([], [headAt(1)]).isWhole).toBe(true);
});

test.each<[string, readonly ChainedEntry[], readonly ChainHead[], number]>([
  ['its end is missing', chain.slice(1, 2), [headAt(3)], 1],
  ['an entry is missing', chain.slice(2), [headAt(3)], 1],
  ['an entry was edited', [{ ...chain[1]!, facts: '{"id":"x"}' }, chain[2]!], [headAt(3)], 0],
  ['it is another than is remembered', chain.slice(1), [{ entry: 3, hash: 'another' }], 0],
  ['a revocation was redacted', [{ ...chain[1]!, ...redactedText, salt: null }, chain[2]!], [headAt(3)], 0],
  ['nothing is remembered', chain.slice(1), [], 0],
  ['what is remembered is older than the backup', [], [{ entry: 0, hash: '' }], 0],
])('it is not certain when %s', (_, entries, remembered, missing) => {
  const known = since(entries, remembered);
  expect([known.isWhole, known.missing]).toEqual([false, missing]);
});
