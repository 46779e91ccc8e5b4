import { expect, test } from 'vitest';
import type { LoggedEntry } from '../../../src/core/ports/store.ts';
import { auditText } from '../../../src/extension/audit-text.ts';
import { runId } from '../core/a-process.ts';

const entry: LoggedEntry = {
  entry: 1,
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  runId,
  action: 'kill',
  actor: { user: 'ada', face: 'cli' },
  outcome: 'done',
  why: null,
  facts: {},
  isRedacted: false,
  hash: null,
};
const text = (...changed: Partial<LoggedEntry>[]): string => auditText(changed.map((one) => ({ ...entry, ...one })));

test('each entry of the audit is a line, with its facts below it', () => {
  expect(text({ outcome: 'asked', why: 'enough' }, { facts: { signals: ['SIGTERM'], force: false } })).toBe(
    [
      '2026-01-02T03:04:05.006Z  kill  asked  ada (cli)  enough',
      '2026-01-02T03:04:05.006Z  kill  done  ada (cli)',
      '    "signals": [',
      '      "SIGTERM"',
      '    ],',
      '    "force": false',
      '',
    ].join('\n'),
  );
  expect(text()).toBe('Nothing yet.\n');
});

test('what others wrote stays on its line, and what was removed is not named', () => {
  expect(text({ why: 'one\n2026  kill  done \u001b[31mroot' })).toBe(
    '2026-01-02T03:04:05.006Z  kill  done  ada (cli)  one 2026  kill  done root\n',
  );
  expect(text({ isRedacted: true })).toContain('(redacted)');
  expect(text({ isRedacted: true })).not.toContain('ada');
});
