import { expect, test } from 'vitest';
import { auditClosing, auditOpening, exportedEntry } from '../../../src/core/audit-export.ts';
import type { LoggedEntry } from '../../../src/core/ports/store.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';

const entry = (more: Partial<LoggedEntry> = {}): LoggedEntry => ({
  entry: 1,
  at: Date.UTC(2025, 5, 16, 13, 33, 6, 120),
  runId: runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 6)),
  action: 'kill',
  actor: { user: 'dev', face: 'cli' },
  outcome: 'done',
  why: null,
  facts: {},
  hash: 'abc',
  isRedacted: false,
  ...more,
});

test('entries are one JSON document', () => {
  const text = [
    auditOpening.json,
    exportedEntry(entry(), 'json', true),
    exportedEntry(entry({ entry: 2 }), 'json', false),
    auditClosing.json,
  ];
  expect(JSON.parse(text.join(''))).toMatchObject({
    entries: [{ entry: 1, at: '2025-06-16T13:33:06.120Z', run_id: 'run_010203040506', user: 'dev' }, { entry: 2 }],
  });
  expect(JSON.parse(auditOpening.json + auditClosing.json)).toEqual({ entries: [] });
});

test('a line of CSV keeps commas, quotes and newlines in their cells', () => {
  expect(exportedEntry(entry({ why: 'a "b",\nc' }), 'csv', true)).toBe(
    '1,"2025-06-16T13:33:06.120Z","run_010203040506","kill","dev","cli","done","a ""b"",\nc","{}","false","abc"\r\n',
  );
});

test.for(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '＝1'])('%j is no formula in CSV', (why) => {
  expect(exportedEntry(entry({ why }), 'csv', true)).toContain(`"'${why}"`);
});
