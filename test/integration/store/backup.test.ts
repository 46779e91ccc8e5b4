import Database from 'better-sqlite3';
import { execa } from 'execa';
import { open, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../src/core/ports/store.ts';
import { Backups, problemOfBackup } from '../../../src/store/backups.ts';
import { databaseFaults } from '../../support/database-faults.ts';
import { clockedStore } from '../../support/clocked-store.ts';

const day = 24 * 3_600_000;

/** Overwrites a page of a closed database. */
async function spoil(file: string, page: number): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
  await handle.close();
}

const never = new AbortController().signal;

const entry = (at: number): AuditEntry => ({
  at,
  runId: null,
  action: 'test',
  actor: { user: 'dev', face: 'cli' },
  outcome: 'done',
  why: null,
  facts: { text: 'x'.repeat(1_000) },
});

describe('a backup of the database', () => {
  test('is taken once a day, whole, for nobody else to read, and three are kept', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    await store.audit(entry(1));
    expect(await store.backUp(never)).toBe(true);
    one.now += day - 1;
    expect(await store.backUp(never)).toBe(false);
    one.now += 1;
    for (let count = 2; count <= 5; count += 1) {
      await store.audit(entry(count));
      expect(await store.backUp(never)).toBe(true);
      one.now += day;
    }
    store.close();
    expect(await one.backups()).toEqual([3, 4, 5].map((n) => `warden-${n}-2026-01-0${n}T00-00-00-000Z.db`));
    const [newest] = await new Backups(one.file).all();
    expect(newest).toMatchObject({ number: 5, at: Date.UTC(2026, 0, 5) });
    expect(await problemOfBackup(newest!.file)).toBe(null);
    const { mode } = await stat(newest!.file);
    if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o600);
    const raw = new Database(newest!.file, { readonly: true });
    expect(raw.prepare('SELECT count(*) FROM audit_log').pluck().get()).toBe(5);
    raw.close();
    expect(one.told).toEqual([]);
  });

  test('is due again where the clock was set back, and is the newest whatever its time', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    await store.backUp(never);
    one.now -= 30 * day;
    expect([await store.backUp(never), await store.backUp(never)]).toEqual([true, false]);
    expect((await new Backups(one.file).all()).map(({ number }) => number)).toEqual([2, 1]);
    store.close();
  });

  test('is one of many that are asked for at once', async () => {
    await using one = await clockedStore();
    const stores = await Promise.all([one.open(), one.open(), one.open(), one.open()]);
    const taken = await Promise.all(stores.map((store) => store.backUp(never)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await one.backups()).toHaveLength(1);
    for (const store of stores) store.close();
  });

  test('ends while others write all the time, and is of one moment', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    for (let count = 1; count <= 1_000; count += 1) void store.audit(entry(count));
    await store.audit(entry(1_001));
    const other = await one.open();
    const taken = new AbortController();
    const writing = (async () => {
      for (let at = 2_000; !taken.signal.aborted; at += 1) await other.audit(entry(at));
    })();
    await store.backUp(never);
    taken.abort();
    await writing;
    const [backup] = await new Backups(one.file).all();
    const raw = new Database(backup!.file, { readonly: true });
    const { last, rows } = raw.prepare('SELECT max(entry) last, count(*) rows FROM audit_log').get() as {
      last: number;
      rows: number;
    };
    raw.close();
    expect(rows).toBe(last);
    expect(last).toBeGreaterThanOrEqual(1_001);
    store.close();
    other.close();
  });

  test('that a crash has cut off is not there, and the next one removes what was left of it', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    for (let count = 1; count <= 200; count += 1) void store.audit(entry(count));
    await store.audit(entry(201));
    await store.backUp(never);
    const script = path.join(import.meta.dirname, '..', '..', 'support', 'backup-in-process.ts');
    const crashed = await execa(process.execPath, [script, one.file, '5'], { reject: false });
    expect(crashed.signal).toBe('SIGKILL');
    const left = await one.backups();
    expect(left.filter((name) => name.includes('.making'))).not.toEqual([]);
    expect(await new Backups(one.file).all()).toHaveLength(1);
    one.now += day;
    expect(await store.backUp(never)).toBe(true);
    expect(await one.backups()).toEqual([
      expect.stringMatching(/^warden-1-.*\.db$/),
      expect.stringMatching(/^warden-2-.*\.db$/),
    ]);
    store.close();
  });

  test('of a database that is damaged is not kept, and takes the place of no good one', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    for (let count = 1; count <= 50; count += 1) await store.audit(entry(count));
    await store.backUp(never);
    store.close();
    await spoil(one.file, 20);
    await expect(new Backups(one.file).take(one.now + day, () => true)).rejects.toMatchObject({
      code: 'database_damaged',
    });
    expect(await one.backups()).toEqual([expect.stringMatching(/^warden-1-.*\.db$/)]);
  });

  test('for which the disk has no room is not begun, and the last one stays', async ({ skip }) => {
    const full = databaseFaults.find(({ name }) => name === 'on a full disk')!;
    await using one = await clockedStore();
    const stateFolder = path.join(one.folder, 'state');
    if ((await full.prepare?.(stateFolder)) === false) return skip('needs the right to mount');
    try {
      const file = path.join(stateFolder, 'warden.db');
      await writeFile(file, '');
      const raw = new Database(file);
      raw.exec('CREATE TABLE some (text TEXT)');
      const backups = new Backups(file);
      expect(await backups.take(1, () => true)).toMatchObject({ number: 1 });
      await full.strike(stateFolder);
      await expect(backups.take(2, () => true)).rejects.toMatchObject({ code: 'disk_full' });
      expect((await backups.all()).map(({ number }) => number)).toEqual([1]);
      raw.close();
    } finally {
      await full.cleanUp?.(stateFolder);
    }
  });

  test('that is told to stop leaves nothing behind', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    await expect(store.backUp(AbortSignal.abort())).rejects.toThrow();
    expect(await one.backups()).toEqual([]);
    store.close();
  });

  test('that was spoilt is told to be', async () => {
    await using one = await clockedStore();
    await writeFile(one.file, 'no database, '.repeat(1_000));
    expect(await problemOfBackup(one.file)).toMatch(/not a database/);
  });
});
