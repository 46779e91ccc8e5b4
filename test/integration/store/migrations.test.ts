import Database from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { migrations } from '../../../src/store/tables/schema.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { anObservation } from '../../unit/core/an-observation.ts';
import { aRun } from '../../unit/core/a-run.ts';

/** A run as the first version wrote it. */
const firstRow = {
  run_id: 'run_010203040506',
  workflow_name: 'builder',
  workflow: JSON.stringify({ name: 'builder', command: ['agent'], timeoutMinutes: 60 }),
  status: 'running',
  message: 'Fix the tests',
  created_at: 1,
  started_at: 2,
  repository: '/repository',
  base: 'HEAD',
  base_commit: 'c0ffee',
  persistent: 0,
  owner: 'dev',
  retry_number: 0,
};

const firstProcess = {
  run_id: firstRow.run_id,
  pid: 4243,
  boot_id: 'boot',
  start_time: '99',
  status: 'alive',
  workflow_name: 'builder',
  started_at: 2,
  last_heartbeat: 3,
  process_info: JSON.stringify({ wrapper: { bootId: 'boot', pid: 4242, startTime: '98' }, startedMonotonic: 5 }),
  created_at: 2,
  updated_at: 2,
};

test('a run that the first version wrote has all that this one asks of it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-migrations-'));
  const file = path.join(folder, 'warden.db');
  try {
    const raw = new Database(file);
    raw.exec(migrations[0]!);
    raw.pragma('user_version = 1');
    insert(raw, 'workflow_runs', firstRow);
    insert(raw, 'workflow_processes', firstProcess);
    raw.close();

    const store = await openStore({ file, now: () => 1_000, actor: { user: 'dev', face: 'cli' } });
    const [run] = await store.activeRuns();
    store.close();

    expect(Object.entries(run!).filter(([, value]) => value === undefined)).toEqual([]);
    expect(Object.keys(run!).toSorted()).toEqual(Object.keys(aRun()).toSorted());
    expect(run).toMatchObject({
      runId: firstRow.run_id,
      extraMinutes: 0,
      workflow: { timeoutMinutes: 60, onTimeout: 'notify', onLimit: 'notify', kill: { graceful: 5_000 } },
      process: { command: { pid: 4243 }, startedMonotonic: 5, observation: null },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what was seen of a run is known still, though it is kept elsewhere', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-migrations-'));
  const file = path.join(folder, 'warden.db');
  try {
    const observation = anObservation({ known: ['1x', '2y'] });
    const before = migrations.findIndex((migration) => migration.includes('CREATE TABLE observations'));
    const raw = new Database(file);
    for (const migration of migrations.slice(0, before)) raw.exec(migration);
    raw.pragma(`user_version = ${before}`);
    insert(raw, 'workflow_runs', firstRow);
    const info = { ...(JSON.parse(firstProcess.process_info) as object), observation };
    insert(raw, 'workflow_processes', { ...firstProcess, process_info: JSON.stringify(info) });
    raw.close();

    const store = await openStore({ file, now: () => 1_000, actor: { user: 'dev', face: 'cli' } });
    const [run] = await store.activeRuns();
    store.close();
    expect(run?.process).toMatchObject({ lastHeartbeat: 3, observation });
  } finally {
    await rm(folder, { recursive: true });
  }
});

function insert(database: Database.Database, table: string, row: Record<string, string | number>): void {
  const columns = Object.keys(row);
  database
    .prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((column) => `@${column}`).join(', ')})`,
    )
    .run(row);
}
