import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { chained, chainStart } from '../../../src/core/audit-chain.ts';
import type { AuditEntry, Store } from '../../../src/core/ports/store.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { sha256 } from '../../../src/store/tables/audit-table.ts';
import { openLastingStore } from '../../../src/store/lasting-store.ts';
import { withLockFile } from '../../../src/store/lock-file.ts';
import { migrations } from '../../../src/store/tables/schema.ts';
import { eventually } from '../../support/eventually.ts';

interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly file: (name: string) => string;
  readonly told: unknown[];
  open(): Promise<Store>;
  /** Changes what lies there while nobody has it open, as somebody would who wants to hide something. */
  tamper(sql: string, ...parameters: unknown[]): void;
  edit(change: (lines: string[]) => readonly string[]): Promise<void>;
  verified(): Promise<readonly string[]>;
}

async function place(): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-audit-'));
  const file = (name: string): string => path.join(folder, name);
  const told: unknown[] = [];
  const open = (): Promise<Store> =>
    openLastingStore({
      file: file('warden.db'),
      now: () => 1_000,
      actor: { user: 'dev', face: 'cli' },
      diagnostics: { failed: (during, error) => told.push([during, error]) },
    });
  return {
    folder,
    file,
    told,
    open,
    tamper(sql, ...parameters) {
      const raw = new Database(file('warden.db'));
      raw.exec('DROP TRIGGER IF EXISTS audit_is_not_edited; DROP TRIGGER IF EXISTS audit_is_not_deleted');
      raw.prepare(sql).run(...parameters);
      raw.close();
    },
    async edit(change) {
      const lines = (await readFile(file('audit.jsonl'), 'utf8')).trimEnd().split('\n');
      await writeFile(
        file('audit.jsonl'),
        change(lines)
          .map((line) => `${line}\n`)
          .join(''),
      );
    },
    async verified() {
      const store = await open();
      const { problems } = await store.verifyAudit();
      store.close();
      return problems.map(({ where, kind, entry, last, runId: run }) =>
        [where, kind, entry === last ? entry : `${entry}-${last}`, ...(run === null ? [] : [run])].join(' '),
      );
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const runId = runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 6));

const entry = (at: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at,
  runId,
  action: 'kill',
  actor: { user: 'alice', face: 'cli' },
  outcome: 'done',
  why: `reason ${at}`,
  facts: { at },
  ...more,
});

async function written(count: number): Promise<Place> {
  const one = await place();
  await mkdir(one.file(path.join('runs', runId)), { recursive: true });
  const store = await one.open();
  for (let at = 1; at <= count; at += 1) await store.audit(entry(at));
  await store.auditCopied();
  store.close();
  return one;
}

describe('the audit log', () => {
  test('is chained, and in the file too before anybody is given an answer', async () => {
    await using one = await written(3);
    const lines = (await readFile(one.file('audit.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ entry: 1 }, { entry: 2 }, { entry: 3 }]);
    const { hash } = JSON.parse(lines[2]!) as { hash: string };
    expect(JSON.parse(await readFile(one.file('audit.head'), 'utf8'))).toEqual({ entry: 3, hash });
    expect(JSON.parse(await readFile(one.file(`runs/${runId}/audit-head`), 'utf8'))).toEqual({ entry: 3, hash });
    expect(await one.verified()).toEqual([]);
    expect(one.told).toEqual([]);
  });

  test('is one chain and one file, whoever writes', async () => {
    await using one = await place();
    const stores = await Promise.all([one.open(), one.open(), one.open()]);
    await Promise.all(
      stores.map(async (store, writer) => {
        for (let at = 0; at < 20; at += 1) {
          await store.audit(entry(writer * 100 + at));
          if (at % 5 === 0) await store.auditCopied();
        }
        await store.auditCopied();
      }),
    );
    expect(await stores[0]?.verifyAudit()).toEqual({ entries: 60, problems: [], isCut: false });
    for (const store of stores) store.close();
    const lines = (await readFile(one.file('audit.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { entry: number }).entry)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
    expect(one.told).toEqual([]);
  });

  test('is copied a little later where somebody else is at it for long, which is no failure', async () => {
    await using one = await place();
    const store = await one.open();
    const isCopied = (): Promise<boolean> =>
      readFile(one.file('audit.jsonl'), 'utf8').then(
        (text) => text.includes('"entry":1,'),
        () => false,
      );
    await withLockFile(one.file('audit.jsonl.lock'), 0, async () => {
      await store.audit(entry(1));
      await store.auditCopied();
      expect(await isCopied()).toBe(false);
    });
    await eventually(isCopied);
    store.close();
    expect(one.told).toEqual([]);
  });

  test('is copied by whoever comes next when a crash left something out, or half a line', async () => {
    await using one = await written(2);
    const store = await one.open();
    await store.audit(entry(3));
    // Nothing is copied any more.
    store.close();
    await writeFile(one.file('audit.jsonl'), '{"entry":3,"at', { flag: 'a' });
    expect(await one.verified()).toEqual([]);
    const next = await one.open();
    await next.auditCopied();
    next.close();
    const lines = (await readFile(one.file('audit.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { entry: number }).entry)).toEqual([1, 2, 3]);
  });

  test('is chained from the first entry on that an older version wrote', async () => {
    await using one = await place();
    const before = migrations.findIndex((migration) => migration.includes('ADD COLUMN text_digest'));
    const raw = new Database(one.file('warden.db'));
    for (const migration of migrations.slice(0, before)) raw.exec(migration);
    raw.pragma(`user_version = ${before}`);
    for (const why of ['first', null]) {
      raw
        .prepare(
          "INSERT INTO audit_log (at, action, user, face, outcome, why, facts) VALUES (1, 'kill', 'dev', 'cli', 'done', ?, '{}')",
        )
        .run(why);
    }
    raw.close();
    const store = await one.open();
    await store.audit(entry(3));
    expect(await store.verifyAudit()).toEqual({ entries: 3, problems: [], isCut: false });
    store.close();
    one.tamper("UPDATE audit_log SET why = 'x' WHERE entry = 1");
    expect(await one.verified()).toEqual(['database edited 1']);
  });

  test('is taken from its file when the database is lost', async () => {
    await using one = await written(3);
    for (const suffix of ['', '-wal', '-shm']) await rm(one.file(`warden.db${suffix}`), { force: true });
    const store = await one.open();
    const entries = await store.auditEntries({});
    store.close();
    expect(entries.map(({ why, action }) => why ?? action)).toEqual(['reason 1', 'reason 2', 'reason 3', 'rebuild']);
    expect(await one.verified()).toEqual([]);
  });

  test('does not begin anew when the database and the file are lost: what is missing is told', async () => {
    await using one = await written(3);
    for (const name of ['warden.db', 'warden.db-wal', 'warden.db-shm', 'audit.jsonl'])
      await rm(one.file(name), { force: true });
    expect(await one.verified()).toEqual(['database missing 1-3', 'file missing 1-3']);
    expect(existsSync(one.file('audit.jsonl'))).toBe(true);
  });
});

test('text can be removed for good, and the chain holds', async () => {
  await using one = await written(3);
  const store = await one.open();
  await store.audit(entry(4, { actor: { user: 'bob', face: 'cli' } }));
  const about = entry(5, { action: 'redact', runId: null, actor: { user: 'carol', face: 'cli' } });
  const redact = (user: string): Promise<number> =>
    store.redactAudit({ user }, (entries) => ({ ...about, facts: { entries } }));
  expect(await redact('alice')).toBe(3);
  expect(await redact('alice')).toBe(0);
  const entries = await store.auditEntries({});
  store.close();
  expect(entries.map(({ actor, isRedacted }) => `${actor.user} ${isRedacted}`)).toEqual([
    ...Array.from({ length: 3 }, () => ' true'),
    'bob false',
    'carol false',
  ]);
  expect(entries.at(-1)).toMatchObject({ action: 'redact', facts: { entries: [[1, 3]] } });
  expect(await one.verified()).toEqual([]);
  for (const name of ['audit.jsonl', 'warden.db']) {
    expect(await readFile(one.file(name), 'latin1')).not.toMatch(/alice|reason 1/);
  }
  // The database itself takes no other change.
  const raw = new Database(one.file('warden.db'));
  for (const sql of [
    "UPDATE audit_log SET why = 'x' WHERE entry = 1",
    "UPDATE audit_log SET why = 'x' WHERE entry = 4",
    "UPDATE audit_log SET salt = NULL, user = '', why = NULL, facts = '{}' WHERE entry = 5",
    "UPDATE audit_log SET salt = NULL, user = '', why = NULL, facts = '{}', at = 9 WHERE entry = 4",
  ]) {
    expect(() => raw.prepare(sql).run()).toThrow(/append-only/);
  }
  raw.close();
});

test('a redaction that was cut off is brought to its end by the next one, in the backups too', async () => {
  await using one = await written(2);
  const store = await one.open();
  await store.backUp(new AbortController().signal);
  const redact = (): Promise<number> =>
    store.redactAudit({ user: 'alice' }, (entries) =>
      entry(5, { action: 'redact', runId: null, actor: { user: 'carol', face: 'cli' }, facts: { entries } }),
    );
  // Something else is in the place where the file is made anew.
  await mkdir(one.file('audit.jsonl.new'));
  await expect(redact()).rejects.toThrow();
  await rm(one.file('audit.jsonl.new'), { recursive: true });
  expect(await redact()).toBe(0);
  store.close();
  expect(await one.verified()).toEqual([]);
  const backups = await readdir(one.file('backups'));
  expect(backups).toHaveLength(1);
  for (const name of ['audit.jsonl', 'warden.db', path.join('backups', backups[0]!)]) {
    expect(await readFile(one.file(name), 'latin1')).not.toMatch(/alice|reason 1/);
  }
});

describe('verification', () => {
  const swapped = (lines: string[]): string[] => lines.with(1, lines[2]!).with(2, lines[1]!);
  const inFile = (change: (lines: string[]) => readonly string[]) => (one: Place) => one.edit(change);
  const inDatabase = (sql: string) => (one: Place) => one.tamper(sql);

  const cases: readonly [string, (one: Place) => void | Promise<void>, readonly string[]][] = [
    ['nothing', () => undefined, []],
    ['the reason of a row', inDatabase("UPDATE audit_log SET why = 'x' WHERE entry = 2"), ['database edited 2']],
    ['the user of a row', inDatabase("UPDATE audit_log SET user = 'bob' WHERE entry = 2"), ['database edited 2']],
    ['the facts of a row', inDatabase("UPDATE audit_log SET facts = '{}' WHERE entry = 4"), ['database edited 4']],
    ['the time of a row', inDatabase('UPDATE audit_log SET at = 7 WHERE entry = 2'), ['database broken 2']],
    [
      'the outcome of a row',
      inDatabase("UPDATE audit_log SET outcome = 'failed' WHERE entry = 1"),
      ['database broken 1'],
    ],
    [
      'the facts of a redaction',
      async (one) => {
        const store = await one.open();
        await store.redactAudit({ user: 'alice' }, (entries) =>
          entry(5, { action: 'redact', actor: { user: 'carol', face: 'cli' }, facts: { entries } }),
        );
        store.close();
        one.tamper("UPDATE audit_log SET facts = 'null' WHERE entry = 5");
      },
      ['database edited 5', ...[1, 2, 3, 4].map((number) => `database redacted ${number}`)],
    ],
    ['a row deleted', inDatabase('DELETE FROM audit_log WHERE entry = 2'), ['database missing 2']],
    ['the last row deleted', inDatabase('DELETE FROM audit_log WHERE entry = 4'), ['database missing 4']],
    [
      'rows swapped',
      (one) => {
        one.tamper('UPDATE audit_log SET entry = 9 WHERE entry = 2');
        one.tamper('UPDATE audit_log SET entry = 2 WHERE entry = 3');
        one.tamper('UPDATE audit_log SET entry = 3 WHERE entry = 9');
      },
      ['database broken 2', 'file differs 2', 'database broken 3', 'file differs 3', 'database broken 4'],
    ],
    [
      'a row added by hand',
      inDatabase(
        "INSERT INTO audit_log (at, action, user, face, outcome, facts) VALUES (5, 'kill', 'bob', 'cli', 'done', '{}')",
      ),
      ['database not_chained 5', 'file not_chained 5'],
    ],
    [
      'the text of a row taken away as if it were redacted',
      inDatabase("UPDATE audit_log SET salt = NULL, user = '', why = NULL, facts = '{}' WHERE entry = 2"),
      ['file not_redacted 2', 'database redacted 2'],
    ],
    ['the file truncated', inFile((lines) => lines.slice(0, 2)), ['file missing 3-4']],
    ['the file gone', (one) => rm(one.file('audit.jsonl')), ['file missing 1-4']],
    ['a line edited', inFile((lines) => lines.with(1, lines[1]!.replace('reason', 'raisin'))), ['file edited 2']],
    ['a line deleted', inFile((lines) => lines.toSpliced(1, 1)), ['file missing 2']],
    ['lines reordered', inFile(swapped), ['file missing 2', 'file out_of_order 2']],
    ['a line that is none', inFile((lines) => lines.with(1, 'x')), ['file unreadable 2', 'file missing 2']],
    [
      'the file rewritten with new hashes',
      (one) => one.edit((lines) => rewritten(lines)),
      ['file differs 2', 'file differs 3', 'file differs 4'],
    ],
    [
      'the file and the database rewritten with new hashes',
      async (one) => {
        await one.edit((lines) => rewritten(lines));
        for (const line of (await readFile(one.file('audit.jsonl'), 'utf8')).trimEnd().split('\n')) {
          const { entry: number, why, text_digest: digest, hash } = JSON.parse(line) as Record<string, unknown>;
          one.tamper(
            'UPDATE audit_log SET why = ?, text_digest = ?, hash = ? WHERE entry = ?',
            why,
            digest,
            hash,
            number,
          );
        }
      },
      ['database not_remembered 4', `database not_remembered 4 ${runId}`],
    ],
  ];

  test('finds the head gone', async () => {
    await using one = await written(4);
    await rm(one.file('audit.head'));
    expect(await one.verified()).toEqual(['file head_missing 4']);
  });

  test('finds the file and the head gone, as long as the folder of a run remembers', async () => {
    await using one = await written(4);
    await rm(one.file('audit.jsonl'));
    await rm(one.file('audit.head'));
    expect(await one.verified()).toEqual(['file missing 1-4', 'file head_missing 4']);
    const store = await one.open();
    await store.audit(entry(9));
    await store.auditCopied();
    store.close();
    expect(await one.verified()).toEqual(['file missing 1-4']);
  });

  test('finds something else in the place of the file', async () => {
    await using one = await written(4);
    await rm(one.file('audit.jsonl'));
    await mkdir(one.file('audit.jsonl'));
    expect(await one.verified()).toEqual(['file unreadable 1', 'file missing 1-4']);
  });

  test.for(cases)('finds %s', async ([, tamper, expected]) => {
    await using one = await written(4);
    await tamper(one);
    expect(await one.verified()).toEqual(expected);
    // Nobody who writes afterwards makes it look right again.
    const store = await one.open();
    await store.audit(entry(9));
    await store.auditCopied();
    store.close();
    const later = await one.verified();
    expect(later.length > 0).toBe(expected.length > 0);
  });
});

/** As somebody would who changes the second entry and knows how hashes are made. */
function rewritten(lines: readonly string[]): readonly string[] {
  let previous = chainStart.hash;
  return lines.map((line) => {
    const { run_id: run, facts, salt, ...rest } = JSON.parse(line) as Record<string, unknown> & { entry: number };
    const why = rest.entry === 2 ? 'nothing to see here' : rest['why'];
    const open = { ...rest, why, runId: run, facts: JSON.stringify(facts) } as unknown as Parameters<typeof chained>[0];
    const { textDigest, hash } = chained(open, previous, String(salt), sha256);
    previous = hash ?? '';
    return JSON.stringify({ ...rest, why, run_id: run, facts, salt, text_digest: textDigest, hash });
  });
}
