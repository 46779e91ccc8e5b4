import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../src/core/ports/store.ts';
import { idempotencyKeyOf, type Notice } from '../../../src/core/notice.ts';
import type { Run } from '../../../src/core/run.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { aNotice } from '../../unit/core/a-notice.ts';
import type { Sample } from '../../../src/core/samples.ts';
import { anObservation } from '../../unit/core/an-observation.ts';
import { aRun } from '../../unit/core/a-run.ts';
import { FileRunFolders } from '../../../src/store/run-folders.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';

async function folder(): Promise<AsyncDisposable & { path: string; file: string }> {
  const root = await mkdtemp(path.join(tmpdir(), 'warden-store-'));
  return {
    path: root,
    file: path.join(root, 'state', 'warden.db'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

const opened = { actor: { user: 'somebody', face: 'cli' } } as const;

const open = (file: string): Promise<SqliteStore> =>
  openStore({ file, now: () => 1_000, actor: { user: 'somebody', face: 'cli' } });
const runId = (number: number): Run['runId'] => runIdFrom(Uint8Array.of(0, 0, 0, 0, number >> 8, number & 255));

const identity = { bootId: 'boot', pid: 4242, startTime: '99' };

const run = (number: number, more: Partial<Run> = {}): Run =>
  aRun({
    runId: runId(number),
    status: 'pending',
    createdAt: number,
    startedAt: null,
    worktree: null,
    launcher: identity,
    process: null,
    ...more,
  });

const entry = (action: string, at = 1): AuditEntry => ({
  at,
  runId: runId(1),
  action,
  actor: { user: 'somebody', face: 'cli' },
  outcome: 'asked',
  why: null,
  facts: {},
});

describe('the store', () => {
  test('gives back what was put in', async () => {
    await using place = await folder();
    const store = await open(place.file);
    const whole = run(1, {
      worktree: { path: '/tree', branch: 'warden/builder/1' },
      queue: { waits: true, turns: 0, after: [runId(7)], include: ['.env'] },
    });
    expect(await store.insertRun(whole, entry('launch'))).toBe(true);
    expect(await store.insertRun(whole, entry('launch'))).toBe(false);
    expect(await store.run(whole.runId)).toEqual(whole);
    store.close();
  });

  test('writes a terminal status once, whoever comes late', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(run(1), entry('launch'));
    await store.change(runId(1), () => true, { status: 'failed', endedAt: 5 });
    await expect(store.change(runId(1), () => true, { status: 'running', endedAt: 6 })).rejects.toThrow(RangeError);
    const raw = new Database(place.file);
    expect(() => raw.prepare("UPDATE workflow_runs SET status = 'killed'").run()).toThrow(/written once/);
    raw.close();
    store.close();
  });

  test('lets one of many who change at once win', async () => {
    await using place = await folder();
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(place.file)));
    await stores[0]!.insertRun(run(1), entry('launch'));
    const pending = (now: Run): boolean => now.status === 'pending';
    const patch = { status: 'failed', endedAt: 9 } as const;
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => stores[index % 5]!.change(runId(1), pending, patch, entry('end'))),
    );
    expect(results.filter((result) => result !== null)).toHaveLength(1);
    expect((await stores[0]!.auditEntries({})).filter(({ action }) => action === 'end')).toHaveLength(1);
    for (const store of stores) store.close();
  });

  test('lets nobody edit or delete the audit log', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.audit(entry('launch'));
    const raw = new Database(place.file);
    expect(() => raw.prepare("UPDATE audit_log SET action = 'x'").run()).toThrow(/append-only/);
    expect(() => raw.prepare('DELETE FROM audit_log').run()).toThrow(/append-only/);
    raw.close();
    store.close();
  });

  test('pages through runs by time without a gap or a repeat', async () => {
    await using place = await folder();
    const store = await open(place.file);
    for (let number = 1; number <= 25; number += 1)
      await store.insertRun(run(number, { createdAt: Math.floor(number / 4) }), entry('launch'));
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await store.runs({
        limit: 4,
        createdSince: 1,
        createdUntil: 6,
        ...(cursor === null ? {} : { cursor }),
      });
      found.push(...page.runs.map((one) => one.runId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(found).toHaveLength(20);
    expect(new Set(found).size).toBe(20);
    await expect(store.runs({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_argument' });
    store.close();
  });

  test('lends the lease to one, until its heartbeat stops or it is known to be gone', async () => {
    await using place = await folder();
    let now = 0;
    const store = await openStore({ file: place.file, now: () => now, actor: { user: 'somebody', face: 'cli' } });
    const one = { holder: identity, face: 'vscode' } as const;
    const other = { holder: { ...identity, pid: 5 }, face: 'vscode' } as const;
    expect(await store.lease()).toBe(null);
    expect(await store.holdLease(one, null)).toEqual({ ...one, heartbeat: 0 });
    now = 5_000;
    expect(await store.holdLease(other, null)).toEqual({ ...one, heartbeat: 0 });
    expect(await store.holdLease(other, identity)).toEqual({ ...other, heartbeat: 5_000 });
    now = 16_000;
    expect(await store.holdLease(one, null)).toEqual({ ...one, heartbeat: 16_000 });
    await store.releaseLease(other.holder);
    expect(await store.lease()).toEqual({ ...one, heartbeat: 16_000 });
    await store.releaseLease(one.holder);
    expect(await store.lease()).toBe(null);
    store.close();
  });

  test('takes no looks from one who lost the lease meanwhile', async () => {
    await using place = await folder();
    const store = await open(place.file);
    const { process } = aRun();
    await store.insertRun(run(1, { status: 'running', startedAt: 1, launcher: null, process }), entry('launch'));
    const other = { ...identity, pid: 5 };
    await store.holdLease({ holder: other, face: 'vscode' }, null);
    const looks = [{ runId: runId(1), at: 7, observation: anObservation() }];
    await store.recordLooks(identity, looks);
    expect((await store.run(runId(1)))?.process).toEqual(process);
    await store.recordLooks(other, looks);
    expect((await store.run(runId(1)))?.process).toMatchObject({ lastHeartbeat: 7, observation: anObservation() });
    store.close();
  });

  test('forgets what was seen of the processes of runs that ended more than a week ago', async () => {
    await using place = await folder();
    const day = 24 * 3_600_000;
    const store = await openStore({ ...opened, file: place.file, now: () => 10 * day });
    const raw = new Database(place.file);
    for (const [number, endedAt] of [
      [1, day],
      [2, 9 * day],
      [3, null],
    ] as const) {
      const process = aRun().process;
      const ended = endedAt === null ? {} : { status: 'completed' as const, endedAt };
      await store.insertRun(run(number, { status: 'running', startedAt: 1, process, ...ended }), entry('launch'));
      raw
        .prepare("INSERT INTO observations (run_id, at, observation, marks) VALUES (?, 1, '{}', '')")
        .run(runId(number));
      raw.prepare("INSERT INTO seen_processes (run_id, identity) VALUES (?, 'x')").run(runId(number));
    }
    await store.thinSamples(null);
    for (const table of ['observations', 'seen_processes']) {
      expect(raw.prepare(`SELECT run_id FROM ${table} ORDER BY run_id`).pluck().all()).toEqual([runId(2), runId(3)]);
    }
    raw.close();
    store.close();
  });

  test('keeps samples, thins them run by run, and loses them with the run', async () => {
    await using place = await folder();
    const day = 24 * 60 * 60_000;
    const store = await openStore({ file: place.file, now: () => 8 * day, actor: { user: 'somebody', face: 'cli' } });
    const sample = (at: number): Sample => ({ at, cpuPercent: 1.5, memoryBytes: 2, processes: 3, outputBytes: 4 });
    for (const number of [1, 2]) await store.insertRun(run(number), entry('launch'));
    const times = [0.5 * day, 6 * day, 6 * day + 1_000, 8 * day - 1_000];
    await store.addSamples(new Map([1, 2, 3].map((number) => [runId(number), times.map(sample)])));
    expect(await store.samples(runId(1))).toEqual(times.map(sample));
    expect(await store.samples(runId(3))).toEqual([]);
    expect(await store.thinSamples(null)).toBe(runId(1));
    expect(await store.samples(runId(1))).toEqual([6 * day, 8 * day - 1_000].map(sample));
    expect(await store.samples(runId(2))).toHaveLength(4);
    expect(await store.thinSamples(runId(1))).toBe(runId(2));
    expect(await store.thinSamples(runId(2))).toBe(null);
    const raw = new Database(place.file);
    raw.pragma('foreign_keys = ON');
    raw.prepare('DELETE FROM workflow_runs WHERE run_id = ?').run(runId(1));
    raw.close();
    expect(await store.samples(runId(1))).toEqual([]);
    store.close();
  });

  test('gives whoever watches the very same list until a run has changed, and reads again only that one', async () => {
    await using place = await folder();
    const [one, other] = await Promise.all([open(place.file), open(place.file)]);
    for (const number of [1, 2, 3]) await one.insertRun(run(number), entry('launch'));
    const before = await one.watchedRuns();
    expect(before).toEqual(await one.activeRuns());
    await other.holdLease({ holder: identity, face: 'vscode' }, null);
    await other.addSamples(new Map());
    expect(await one.watchedRuns()).toBe(before);
    await other.change(runId(2), () => true, { snoozedUntil: 7 });
    await other.change(runId(3), () => true, { status: 'failed', endedAt: 5 });
    const after = await one.watchedRuns();
    expect(after).toEqual([run(1), run(2, { snoozedUntil: 7 })]);
    expect(after[0]).toBe(before[0]);
    for (const store of [one, other]) store.close();
  });

  test('tells of looks and of changed runs, but not of a lease that is renewed', async () => {
    await using place = await folder();
    const [one, other] = await Promise.all([open(place.file), open(place.file)]);
    const { process } = aRun();
    await one.insertRun(run(1, { status: 'running', startedAt: 1, launcher: null, process }), entry('launch'));
    const versions = (): number[] => [one.dataVersion(), one.runsVersion()];
    const [data = 0, runs = 0] = versions();
    await other.holdLease({ holder: identity, face: 'vscode' }, null);
    expect(versions()).toEqual([data, runs]);
    await other.recordLooks(identity, [{ runId: runId(1), at: 7, observation: anObservation() }]);
    expect(versions()).toEqual([data + 1, runs]);
    await other.change(runId(1), () => true, { snoozedUntil: 7 });
    expect(one.runsVersion()).toBeGreaterThan(runs);
    expect(one.dataVersion()).toBeGreaterThan(data + 1);
    for (const store of [one, other]) store.close();
  });

  test('takes the lease back from one who thinks that he is not needed only while no run is active', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.holdLease({ holder: identity, face: 'watch' }, null);
    await store.insertRun(run(1), entry('launch'));
    expect(await store.releaseLeaseIfIdle(identity)).toBe(false);
    expect(await store.lease()).toMatchObject({ holder: identity });
    await store.change(runId(1), () => true, { status: 'failed', endedAt: 1 });
    expect(await store.releaseLeaseIfIdle(identity)).toBe(true);
    expect(await store.lease()).toBe(null);
    store.close();
  });

  test('takes one run in the place of another where only one is wanted', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(run(1), entry('launch'));
    const replacement = (number: number): Run => run(number, { restartedFrom: runId(1) });
    expect(await store.insertRun(replacement(2), entry('launch'), 'once')).toBe(true);
    await expect(store.insertRun(replacement(3), entry('launch'), 'once')).rejects.toMatchObject({
      code: 'already_replaced',
      facts: { runId: runId(1), by: runId(2) },
    });
    expect(await store.run(runId(3))).toBe(null);
    // A person may want another one, but not two at the same time.
    await expect(store.insertRun(replacement(4), entry('launch'))).rejects.toMatchObject({ code: 'already_replaced' });
    await store.change(runId(2), () => true, { status: 'failed', endedAt: 1 });
    expect(await store.insertRun(replacement(4), entry('launch'))).toBe(true);
    await expect(store.insertRun(replacement(5), entry('launch'), 'once')).rejects.toMatchObject({
      code: 'already_replaced',
    });
    store.close();
  });

  test('is told of changes that another connection made', async () => {
    await using place = await folder();
    const [one, other] = await Promise.all([open(place.file), open(place.file)]);
    const before = one.dataVersion();
    await other.insertRun(run(1), entry('launch'));
    expect(one.dataVersion()).not.toBe(before);
    one.close();
    other.close();
  });

  test('waits for another process that holds the database, without blocking', async () => {
    await using place = await folder();
    const store = await open(place.file);
    const raw = new Database(place.file);
    raw.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
      if (ticks === 20) raw.exec('COMMIT');
    }, 5);
    expect(await store.insertRun(run(1), entry('launch'))).toBe(true);
    clearInterval(ticking);
    expect(ticks).toBeGreaterThanOrEqual(20);
    raw.close();
    store.close();
  });
});

describe('the outbox', () => {
  const notice = (more: Partial<Notice> = {}): Notice => aNotice({ runId: runId(1), ...more });
  const stuck = (at: number) => [{ runId: runId(1), notices: [notice({ at })] }];
  const well = [{ runId: runId(1), notices: [] }];
  const keysIn = async (store: SqliteStore): Promise<string[]> =>
    (await store.pendingNotices()).map(({ notice }) => idempotencyKeyOf(notice));

  test('takes down a state once while it holds, whoever finds it, and once more when it comes back; of who watches alone', async () => {
    await using place = await folder();
    const [one, other] = await Promise.all([open(place.file), open(place.file)]);
    await one.insertRun(run(1), entry('launch'));
    await Promise.all([
      one.recordStates(identity, stuck(5)),
      other.recordStates(identity, stuck(6)),
      one.recordStates(identity, stuck(7)),
    ]);
    expect(await keysIn(one)).toHaveLength(1);
    await other.recordStates(identity, well);
    await other.holdLease({ holder: { ...identity, pid: 5 }, face: 'vscode' }, null);
    await one.recordStates(identity, stuck(8));
    await other.releaseLease({ ...identity, pid: 5 });
    await one.recordStates(identity, stuck(9));
    expect((await keysIn(other)).at(-1)).toBe(`${runId(1)}-stuck-9`);
    expect(await keysIn(other)).toHaveLength(2);
    one.close();
    other.close();
  });

  test('takes down the end of a run with it, and nothing of an end that did not come to be', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(run(1), entry('launch'));
    await store.change(runId(1), () => false, { status: 'failed', endedAt: 5 });
    expect(await keysIn(store)).toEqual([]);
    await store.change(runId(1), () => true, { status: 'failed', endedAt: 5 });
    await store.change(runId(1), () => true, { snoozedUntil: 1 });
    expect(await keysIn(store)).toEqual([`${runId(1)}-failed-5`]);
    store.close();
  });

  test('takes down an end that was kept while the database was away, once', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(run(1), entry('launch'));
    const kept = [{ patch: { status: 'failed', endedAt: 5 }, audit: entry('end') }] as const;
    await store.takeKept(runId(1), null, kept);
    await store.takeKept(runId(1), null, kept);
    expect(await keysIn(store)).toEqual([`${runId(1)}-failed-5`]);
    store.close();
  });

  test('gives a notice to one of many who would send it', async () => {
    await using place = await folder();
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(place.file)));
    await stores[0]!.insertRun(run(1), entry('launch'));
    await stores[0]!.recordStates(identity, stuck(5));
    const [pending] = await stores[0]!.pendingNotices();
    const claims = stores.map((store, index) => store.changeDelivery(pending!, { dueAt: 100 + index, attempts: 1 }));
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    for (const store of stores) store.close();
  });

  test('forgets what was settled long ago, and nothing that is still to be sent', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(run(1), entry('launch'));
    await store.recordStates(identity, stuck(5));
    await store.recordStates(identity, well);
    const [pending] = await store.pendingNotices();
    await store.changeDelivery(pending!, { dueAt: null, attempts: 1, outcome: 'delivered', settledAt: 50 });
    await store.recordStates(identity, stuck(6));
    const rows = (): number => {
      const raw = new Database(place.file, { readonly: true });
      const count = raw.prepare('SELECT count(*) FROM notices').pluck().get();
      raw.close();
      return Number(count);
    };
    await store.pruneNotices(50);
    expect(rows()).toBe(2);
    await store.pruneNotices(51);
    expect(rows()).toBe(1);
    expect(await keysIn(store)).toEqual([`${runId(1)}-stuck-6`]);
    store.close();
  });
});

describe('a run that is to be forgotten', () => {
  const over = (number: number, more: Partial<Run> = {}): Run =>
    run(number, { status: 'killed', endedAt: 10, ...more });

  test('goes with all that is known of it but the audit log', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(over(1), entry('launch'));
    await store.addSamples(
      new Map([[runId(1), [{ at: 1, cpuPercent: 1, memoryBytes: 1, processes: 1, outputBytes: 1 }]]]),
    );
    expect(await store.runsToForget(over(1).repository, 11)).toEqual([runId(1)]);
    expect(await store.forgetRun(runId(1), 11, entry('forget_run'))).toBe(true);
    expect(await store.forgetRun(runId(1), 11, entry('forget_run'))).toBe(false);
    expect(await store.run(runId(1))).toBe(null);
    expect(await store.samples(runId(1))).toEqual([]);
    expect((await store.auditEntries({})).map(({ action }) => action)).toEqual(['launch', 'forget_run']);
    store.close();
  });

  test.each<[string, Run, Run | null]>([
    ['it has not ended', run(1), null],
    ['it ended later', over(1, { endedAt: 11 }), null],
    ['its worktree is there', over(1, { worktree: { path: '/tree', branch: 'warden/builder/1' } }), null],
    ['it is to be started again', over(1, { followUp: 'restart' }), null],
    ['another was started in its place', over(1), over(2, { restartedFrom: runId(1) })],
    ['it started another', over(1), over(2, { parentRunId: runId(1) })],
    ['another waits for it', over(1), run(2, { queue: { waits: true, turns: 0, after: [runId(1)], include: [] } })],
  ])('stays where %s', async (_, one, other) => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(one, entry('launch'));
    if (other !== null) await store.insertRun(other, entry('launch'));
    expect(await store.forgetRun(runId(1), 11, entry('forget_run'))).toBe(false);
    expect(await store.run(runId(1))).toEqual(one);
    store.close();
  });

  test('stays where a checkpoint of it is written down', async () => {
    await using place = await folder();
    const store = await open(place.file);
    await store.insertRun(over(1), entry('launch'));
    const checkpoint = { number: 1, ref: 'r', commit: 'c', why: 'kill', at: 1, files: 1, operation: null } as const;
    await store.keepCheckpoints(runId(1), [checkpoint]);
    expect(await store.forgetRun(runId(1), 11, entry('forget_run'))).toBe(false);
    store.close();
  });
});

describe('a database that cannot be used says why', () => {
  test('when it is from a newer version, and is left as it is', async () => {
    await using place = await folder();
    (await open(place.file)).close();
    const raw = new Database(place.file);
    raw.pragma('user_version = 999');
    raw.close();
    await expect(open(place.file)).rejects.toMatchObject({ code: 'database_newer', facts: { found: 999 } });
  });

  test('when its folder cannot be made', async () => {
    await using place = await folder();
    await writeFile(path.join(place.path, 'state'), 'a file in its place');
    await expect(open(place.file)).rejects.toMatchObject({ code: 'state_folder_not_writable' });
    expect(existsSync(place.file)).toBe(false);
  });
});

describe('a database that was lost is made anew', () => {
  const damages: readonly [string, (file: string) => Promise<void>][] = [
    ['is no database', (file) => writeFile(file, 'this is not a database, '.repeat(1000))],
    ['was emptied', (file) => writeFile(file, '')],
    ['has a damaged header', (file) => overwrite(file, 0, 100)],
    ['has a damaged page in the middle', (file) => overwrite(file, 4096 * 8, 4096 * 2)],
    ['was cut off', (file) => truncate(file, 4096 * 6)],
  ];

  test.each(damages)('when it %s, and the old one is kept beside it', async (_, damage) => {
    await using place = await folder();
    const store = await open(place.file);
    for (let number = 1; number <= 200; number += 1) await store.insertRun(run(number), entry('launch'));
    store.close();
    await damage(place.file);
    const damaged = await readFile(place.file);
    const fresh = await open(place.file);
    expect(await fresh.knownRunIds()).toEqual([]);
    expect(fresh.rebuilt?.runs).toBe(0);
    expect(await readFile(fresh.rebuilt!.setAside!)).toEqual(damaged);
    const actions = (await fresh.auditEntries({})).map(({ action }) => action);
    expect(actions.at(-1)).toBe('rebuild');
    expect(actions.slice(0, -1).every((action) => action === 'launch')).toBe(true);
    fresh.close();
    expectSound(place.file);
  });

  test('with what can be read of its audit log, before the damage and behind it', async () => {
    await using place = await folder();
    const store = await open(place.file);
    for (let number = 1; number <= 300; number += 1) await store.audit(entry('launch', number));
    store.close();
    const raw = new Database(place.file);
    const pages = raw
      .prepare("SELECT pageno FROM dbstat WHERE name = 'audit_log' AND pagetype = 'leaf' ORDER BY path")
      .pluck();
    let middle: number;
    try {
      const numbers = pages.all() as number[];
      middle = numbers[Math.floor(numbers.length / 2)]!;
    } finally {
      raw.close();
    }
    await overwrite(place.file, (middle - 1) * 4096, 4096);
    const fresh = await open(place.file);
    const times = (await fresh.auditEntries({ limit: 1000 })).map(({ at }) => at);
    expect(times).toContain(1);
    expect(times).toContain(300);
    expect(times.length).toBeGreaterThan(200);
    expect(times.length).toBeLessThan(301);
    fresh.close();
  });

  test('from the run folders, whatever stands in one of them', async () => {
    await using place = await folder();
    const folders = new FileRunFolders(path.dirname(place.file));
    const store = await open(place.file);
    for (const number of [1, 2, 3, 4]) {
      await store.insertRun(run(number), entry('launch'));
      await folders.create(run(number));
    }
    await store.change(runId(1), () => true, { status: 'failed', endedAt: 5 });
    store.close();
    await rm(place.file);
    await writeFile(path.join(folders.pathOf(runId(3)), 'run.json'), '{"runId":');
    await writeFile(path.join(folders.pathOf(runId(4)), 'state'), '{"createdAt":"yesterday"}');
    const fresh = await open(place.file);
    expect(fresh.rebuilt).toMatchObject({ runs: 2, setAside: null, backup: null });
    expect(await fresh.run(runId(1))).toEqual(run(1, { status: 'failed', endedAt: 5 }));
    expect(await fresh.run(runId(2))).toEqual(run(2));
    expect((await fresh.auditEntries({})).at(-1)).toMatchObject({ runId: null, facts: { left_out: [runId(4)] } });
    fresh.close();
  });

  test('by one of many who find it at once, and all use the same', async () => {
    await using place = await folder();
    (await open(place.file)).close();
    await writeFile(place.file, 'this is not a database, '.repeat(1000));
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(place.file)));
    expect(stores.filter(({ rebuilt }) => rebuilt !== null)).toHaveLength(1);
    expect(stores.every((store) => store.isInPlace())).toBe(true);
    await Promise.all(stores.map((store, index) => store.insertRun(run(index), entry('launch'))));
    expect(await stores[0]!.knownRunIds()).toHaveLength(8);
    for (const store of stores) store.close();
    const names = await readdir(path.dirname(place.file));
    expect(names.filter((name) => !/^warden\.db(-wal|-shm|\.lock)?$/.test(name))).toEqual([
      expect.stringMatching(/^warden\.db\.damaged-/),
    ]);
    expectSound(place.file);
  });

  test('and what was written into a deleted one cannot spoil the new one', async () => {
    await using place = await folder();
    const old = await open(place.file);
    await old.insertRun(run(1), entry('launch'));
    await rm(place.file);
    const fresh = await open(place.file);
    await fresh.insertRun(run(2), entry('launch'));
    expect([old.isInPlace(), fresh.isInPlace()]).toEqual([false, true]);
    for (let number = 3; number <= 60; number += 1) {
      await old.insertRun(run(number), entry('launch'));
      await fresh.insertRun(run(number), entry('launch'));
    }
    old.close();
    expect(await fresh.knownRunIds()).toHaveLength(59);
    fresh.close();
    expectSound(place.file);
  });
});

async function overwrite(file: string, from: number, bytes: number): Promise<void> {
  const content = await readFile(file);
  await writeFile(file, content.fill(0xa5, from, from + bytes));
}

function expectSound(file: string): void {
  const raw = new Database(file, { readonly: true });
  expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
  raw.close();
}
