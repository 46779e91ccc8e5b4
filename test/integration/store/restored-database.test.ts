import Database from 'better-sqlite3';
import { execa } from 'execa';
import { copyFile, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApiKey } from '../../../src/core/api-key.ts';
import type { Checkpoint } from '../../../src/core/checkpoint.ts';
import type { AuditEntry, Store } from '../../../src/core/ports/store.ts';
import type { Run } from '../../../src/core/run.ts';
import { type RunId, runIdFrom } from '../../../src/core/run-id.ts';
import { FileRunFolders } from '../../../src/store/run-folders.ts';
import { anIdentity } from '../../unit/core/a-process.ts';
import { aRun } from '../../unit/core/a-run.ts';
import { type ClockedStore, clockedStore } from '../../support/clocked-store.ts';
import { databaseFaults } from '../../support/database-faults.ts';

const hour = 3_600_000;
const never = new AbortController().signal;
const losses = databaseFaults.filter(({ isMadeAnew }) => isMadeAnew);

const runId = (number: number): RunId => runIdFrom(Uint8Array.of(0, 0, 0, 0, 0, number));

const entry = (action: string, about: number | null, facts: object = {}, user = 'alice'): AuditEntry => ({
  at: 1,
  runId: about === null ? null : runId(about),
  action,
  actor: { user, face: 'cli' },
  outcome: action === 'ask' ? 'asked' : 'done',
  why: `why ${action}`,
  facts: { ...facts },
});

const key = (id: string): ApiKey => ({
  id,
  name: `script ${id}`,
  standing: { role: 'admin' },
  createdBy: 'dev',
  createdAt: 1,
  lastUsedAt: null,
  revokedAt: null,
});

const checkpoint = (number: number): Checkpoint => ({
  number,
  ref: `refs/warden/checkpoints/x/${number}`,
  commit: `c${number}`,
  why: 'kill',
  at: 5,
  files: 1,
  operation: null,
});

async function begin(store: Store, folders: FileRunFolders, number: number, more: Partial<Run> = {}): Promise<void> {
  const run = aRun({ runId: runId(number), createdAt: number, ...more });
  await folders.create(run);
  await store.insertRun(run, entry('launch', number));
}

async function end(store: Store, number: number, status: 'terminated' | 'killed'): Promise<void> {
  await store.change(runId(number), () => true, { status: 'terminating' }, entry('kill', number));
  await store.change(runId(number), () => true, { status, endedAt: 9 }, entry('end', number));
}

const addKey = (store: Store, id: string): Promise<void> =>
  store.addKey(key(id), { salt: 'salt', digest: 'digest' }, entry('create_key', null, { id }));

const revoke = (store: Store, id: string): Promise<boolean> =>
  store.revokeKey(id, 7, entry('revoke_key', null, { id }));

async function ask(store: Store, about: number, by: number): Promise<number> {
  const asked = { runId: runId(about), askedBy: runId(by), force: false, why: 'why ask', askedAt: 1 } as const;
  const { id } = await store.addRequest({ ...asked, state: 'open', answeredAt: null, answeredBy: null }, (request) =>
    entry('ask', about, { request: request.id, force: false, by_run: runId(by) }),
  );
  return id;
}

const deny = (store: Store, id: number): Promise<unknown> =>
  store.closeRequest(
    id,
    { state: 'denied', answeredAt: 1, answeredBy: 'alice' },
    entry('answer', null, { request: id, answer: 'deny' }),
  );

const statuses = async (store: Store): Promise<Record<string, string>> =>
  Object.fromEntries((await store.runs({})).runs.map((run) => [Number.parseInt(run.runId.slice(-2), 16), run.status]));

/** A backup, and what came in the hour after it. */
async function anHour(one: ClockedStore): Promise<void> {
  const store = await one.open();
  const folders = new FileRunFolders(one.folder);
  for (const number of [1, 2, 3]) await begin(store, folders, number);
  await end(store, 3, 'killed');
  for (const id of ['revoked', 'kept']) await addKey(store, id);
  await ask(store, 1, 2);
  await store.keepCheckpoints(runId(1), [checkpoint(1)]);
  await store.addSeen(new Map([[runId(1), ['boot/9/9']]]));
  await store.holdLease({ holder: anIdentity(7), face: 'cli' }, null);
  await store.backUp(never);
  one.now += hour;
  await end(store, 1, 'terminated');
  await begin(store, folders, 4);
  await revoke(store, 'revoked');
  await addKey(store, 'later');
  await deny(store, 1);
  await ask(store, 2, 4);
  await store.keepCheckpoints(runId(1), [checkpoint(1), checkpoint(2)]);
  await store.auditCopied();
  store.close();
}

/** Removes the last lines of `audit.jsonl`. */
async function cutAuditFile(one: ClockedStore, count: number): Promise<void> {
  const file = path.join(one.folder, 'audit.jsonl');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [...lines.slice(0, -1 - count), ''].join('\n'));
}

describe.each(losses)('a database that is $name', (loss) => {
  test('comes back from the backup of an hour ago, with all that happened since', async () => {
    await using one = await clockedStore();
    await anHour(one);
    await loss.strike(one.folder);
    const [store, other] = await Promise.all([one.open(), one.open()]);

    expect(await statuses(store)).toEqual({ 1: 'terminated', 2: 'running', 3: 'killed', 4: 'running' });
    expect(await statuses(other)).toEqual(await statuses(store));
    expect(await store.verifyAudit()).toMatchObject({ problems: [] });
    const actions = (await store.auditEntries({})).map(({ action }) => action);
    expect(actions.filter((action) => action === 'kill')).toHaveLength(2);
    expect(actions.at(-1)).toBe('rebuild');

    expect((await store.keyWithDigest('kept'))?.kept).toEqual({ salt: 'salt', digest: 'digest' });
    expect(await isValid(store, 'revoked')).toBe(false);
    expect((await store.keys()).find(({ id }) => id === 'revoked')?.revokedAt).not.toBe(null);
    expect(await isValid(store, 'later')).toBe(false);
    expect(await store.requests(9)).toMatchObject([
      { id: 2, runId: runId(2), askedBy: runId(4), why: 'why ask', state: 'open' },
      { id: 1, state: 'denied', answeredBy: 'alice' },
    ]);
    expect(await store.checkpoints(runId(1))).toEqual([checkpoint(1)]);
    expect((await store.seen(runId(1))).size).toBe(0);
    expect(await store.lease()).toBe(null);

    const rebuilt = one.told.filter(({ during }) => during === 'opening the database');
    expect(rebuilt).toMatchObject([
      { error: { code: 'database_rebuilt', facts: { missingEntries: 0, refusedKeys: 0 } } },
    ]);
    expect(rebuilt[0]?.error).toHaveProperty('facts.backup', expect.stringMatching(/warden-1-/));
    const raw = new Database(one.file, { readonly: true });
    expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(raw.pragma('foreign_key_check')).toEqual([]);
    raw.close();
    // And it goes on.
    await end(store, 2, 'terminated');
    expect(await ask(store, 4, 2)).toBe(3);
    expect(await store.verifyAudit()).toMatchObject({ problems: [] });
    expect((await readdir(one.folder)).filter((name) => name.includes('.making-'))).toEqual([]);
  });
});

const isValid = async (store: Pick<Store, 'keyWithDigest'>, id: string): Promise<boolean> =>
  (await store.keyWithDigest(id))?.key.revokedAt === null;

describe('a database that is gone', () => {
  const gone = (one: ClockedStore): Promise<void> => rm(one.file);

  test('comes back from the backup before, when the newest is damaged itself', async () => {
    await using one = await clockedStore();
    await anHour(one);
    one.now += 24 * hour;
    const store = await one.open();
    await store.backUp(never);
    store.close();
    const names = await one.backups();
    await truncate(path.join(one.folder, 'backups', names.at(-1)!), 4096 * 5);
    await gone(one);
    const again = await one.open();
    expect(one.told.at(-1)?.error).toHaveProperty('facts.backup', expect.stringMatching(/warden-1-/));
    expect(await isValid(again, 'kept')).toBe(true);
    expect(await isValid(again, 'revoked')).toBe(false);
    expect((await again.examine()).backups).toMatchObject([
      { at: one.now, problem: expect.any(String) as string },
      { at: one.now - 25 * hour, problem: null },
    ]);
    expect(await again.verifyAudit()).toMatchObject({ problems: [] });
  });

  test('is made from the run folders alone when every backup is damaged, or of a newer version', async () => {
    await using one = await clockedStore();
    await anHour(one);
    const [name] = await one.backups();
    const backup = path.join(one.folder, 'backups', name!);
    const newer = path.join(one.folder, 'backups', name!.replace('warden-1', 'warden-2'));
    await copyFile(backup, newer);
    const raw = new Database(newer);
    raw.pragma('user_version = 999');
    raw.close();
    await writeFile(backup, 'no database');
    await gone(one);
    const store = await one.open();
    expect(one.told).toMatchObject([{ error: { facts: { backup: null, runs: 4 } } }]);
    expect(await statuses(store)).toEqual({ 1: 'terminated', 2: 'running', 3: 'killed', 4: 'running' });
    expect(await isValid(store, 'kept')).toBe(false);
    expect(await store.requests(9)).toMatchObject([
      { id: 2, state: 'open' },
      { id: 1, state: 'denied' },
    ]);
    expect(await store.verifyAudit()).toMatchObject({ problems: [] });
  });

  test.each([
    ['the end of the log is lost', (one: ClockedStore) => cutAuditFile(one, 1), 1],
    ['the log is lost', (one: ClockedStore) => rm(path.join(one.folder, 'audit.jsonl')), 7],
    [
      'the log is lost, and where it had come to',
      async (one: ClockedStore): Promise<void> => {
        await rm(path.join(one.folder, 'audit.jsonl'));
        await rm(path.join(one.folder, 'audit.head'));
        for (const number of [1, 2, 3, 4]) await rm(path.join(one.folder, 'runs', runId(number), 'audit-head'));
      },
      0,
    ],
    [
      'an entry of it was changed',
      async (one: ClockedStore): Promise<void> => {
        const file = path.join(one.folder, 'audit.jsonl');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace(/(revoke_key.*)"id":"revoked"/, '$1"id":"someone"'));
      },
      0,
    ],
  ])('refuses every key when %s', async (_, lose, missingEntries) => {
    await using one = await clockedStore();
    await anHour(one);
    await lose(one);
    await gone(one);
    const store = await one.open();
    expect(one.told).toMatchObject([
      { error: { facts: { refusedKeys: expect.any(Number) as number, missingEntries } } },
    ]);
    for (const id of ['revoked', 'kept']) expect(await isValid(store, id)).toBe(false);
    const refused = await store.auditEntries({ action: 'revoke_key' });
    expect(refused.map(({ facts }) => facts['id'])).toContain('kept');
    expect(await statuses(store)).toEqual({ 1: 'terminated', 2: 'running', 3: 'killed', 4: 'running' });
  });

  test('leaves a run that was over as it was, whatever became of its folder, and knows one whose folder is gone', async () => {
    await using one = await clockedStore();
    await anHour(one);
    await writeFile(path.join(one.folder, 'runs', runId(3), 'state'), '{"status":');
    await writeFile(path.join(one.folder, 'runs', runId(2), 'state'), '');
    await rm(path.join(one.folder, 'runs', runId(1)), { recursive: true });
    await gone(one);
    const store = await one.open();
    expect(await store.run(runId(3))).toMatchObject({ status: 'killed', endedAt: 9 });
    expect(await store.run(runId(2))).toMatchObject({ status: 'running', process: aRun().process });
    expect(await store.run(runId(1))).toMatchObject({ status: 'running' });
  });

  test('comes back when a crash has cut off that it does', async () => {
    await using one = await clockedStore();
    await anHour(one);
    await gone(one);
    const script = path.join(import.meta.dirname, '..', '..', 'support', 'restore-in-process.ts');
    expect((await execa(process.execPath, [script, one.file], { reject: false })).signal).toBe('SIGKILL');
    const left = await readdir(one.folder);
    expect(left.filter((name) => name.startsWith('warden.db'))).toContainEqual(expect.stringContaining('.making-'));
    expect(left).not.toContain('warden.db');
    // As after some seconds: nobody beats for it.
    await utimes(`${one.file}.lock`, 1, 1);
    const store = await one.open();
    expect(await statuses(store)).toEqual({ 1: 'terminated', 2: 'running', 3: 'killed', 4: 'running' });
    expect(await isValid(store, 'kept')).toBe(true);
    expect(await store.verifyAudit()).toMatchObject({ problems: [] });
    expect((await readdir(one.folder)).filter((name) => name.includes('.making-'))).toEqual([]);
  });

  test('knows the processes of a run that was started after the backup', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    const folders = new FileRunFolders(one.folder);
    await begin(store, folders, 1);
    await store.backUp(never);
    const { process } = aRun();
    await store.change(runId(1), () => true, { process: null });
    await store.change(runId(1), () => true, { process: { ...process!, command: anIdentity(99) } });
    store.close();
    await gone(one);
    const again = await one.open();
    expect((await again.run(runId(1)))?.process?.command).toEqual(anIdentity(99));
  });

  test('does not bring back what was redacted since, and no backup holds it', async () => {
    await using one = await clockedStore();
    const store = await one.open();
    await store.audit(entry('test', null, { text: 'private' }, 'bob'));
    await store.backUp(never);
    const [name] = await one.backups();
    const old = await readFile(path.join(one.folder, 'backups', name!));
    await store.redactAudit({ user: 'bob' }, (entries) => entry('redact', null, { entries }));
    const [renewed, ...more] = await one.backups();
    expect([renewed, more]).toEqual([expect.stringMatching(/^warden-2-/), []]);
    expect((await readFile(path.join(one.folder, 'backups', renewed!))).includes('private')).toBe(false);
    store.close();
    // As from a copy that somebody made elsewhere.
    await writeFile(path.join(one.folder, 'backups', renewed!), old);
    await gone(one);
    const again = await one.open();
    expect(await again.auditEntries({ action: 'test' })).toMatchObject([{ isRedacted: true, facts: {} }]);
    expect(await again.verifyAudit()).toMatchObject({ problems: [] });
  });
});
