import Database from 'better-sqlite3';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRunId } from '../../../src/core/run-id.ts';
import { claimant } from '../../support/claimant.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

describe.skipIf(process.platform !== 'linux')('processes that outlive their run', () => {
  test('are none while runs live and when they are over', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('sleep 600 & sleep 600') });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    expect(await scope.supervisor.alerts()).toEqual([]);
    await scope.supervisor.kill(run.runId);
    expect(await scope.supervisor.alerts()).toEqual([]);
  });

  test('are told: of a run that is over, and of one that nobody knows any more', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ quick: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { runId } = await scope.supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
    await scope.supervisor.wait(runId);
    const unknown = 'run_0123456789ab';

    await using late = await claimant(repository, runId);
    await using lost = await claimant(repository, unknown);

    const [alert, ...others] = await eventually(async () => {
      const alerts = await scope.supervisor.alerts();
      return alerts.length > 0 ? alerts : null;
    });
    expect(others).toEqual([]);
    if (alert?.code !== 'orphans') throw new Error(`unexpected: ${alert?.code}`);
    expect(alert.orphans.toSorted((one, other) => one.runId.localeCompare(other.runId))).toEqual(
      [
        { runId, pid: late.pid, name: 'sleep' },
        { runId: unknown, pid: lost.pid, name: 'sleep' },
      ].toSorted((one, other) => one.runId.localeCompare(other.runId)),
    );
  });

  test('are not those of another state folder, nor those that a run started in the name of another', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      quick: shell('exit 0'),
      imposter: shell('WARDEN_RUN_ID=$WARDEN_MESSAGE sleep 600'),
    });
    await using scope = await testSupervisor(repository);
    const quick = await scope.supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
    await scope.supervisor.wait(quick.runId);
    await using _foreign = await claimant(repository, 'run_0123456789ab', '/elsewhere/runs');
    const imposter = await scope.supervisor.run({
      workflowName: 'imposter',
      directory: repository.path,
      message: quick.runId,
    });
    await eventually(async () => {
      const [impact] = await scope.supervisor.impactOf([imposter.runId]);
      return impact?.processes.state === 'observed' && impact.processes.value >= 2;
    });
    expect(await scope.supervisor.alerts()).toEqual([]);
  });
});

describe('the history of kills and cleanups', () => {
  test('tells how many failed and how long they took, as it was written down', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ quick: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { runId } = await scope.supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
    await scope.supervisor.wait(runId);
    await scope.supervisor.cleanup({ directory: repository.path, maxAgeHours: 0, force: true, dryRun: false });
    const done = (await scope.supervisor.audit({ runId })).find(
      ({ action, outcome }) => action === 'cleanup' && outcome === 'done',
    );
    expect(done?.facts['duration_ms']).toEqual(expect.any(Number));

    const now = Date.now();
    write(repository, [
      ...kills(19, now, 'done'),
      ...kills(2, now, 'failed'),
      // The same run twice is one; neither what was only asked for nor what was long ago counts.
      ...kills(2, now, 'failed'),
      ...kills(500, now - 8 * 86_400_000, 'done'),
      { action: 'kill', at: now, outcome: 'asked', runId: 'run_ffffffffffff', facts: {} },
      { action: 'cleanup', at: now, outcome: 'done', runId, facts: { duration_ms: 61_000 } },
      { action: 'cleanup', at: now - 2 * 86_400_000, outcome: 'done', runId, facts: { duration_ms: 600_000 } },
      { action: 'cleanup', at: now, outcome: 'failed', runId, facts: { duration_ms: 75_000 } },
      { action: 'cleanup', at: now, outcome: 'done', runId, facts: { duration_ms: 60_000 } },
    ]);

    expect(await scope.supervisor.alerts()).toEqual([
      { code: 'failed_kills', level: 'critical', failed: 2, kills: 21, limitPercent: 5 },
      { code: 'slow_cleanups', level: 'warning', count: 2, slowestMilliseconds: 75_000 },
    ]);
  });

  test('that cannot be read is told', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository, ({ store }) => ({
      store: new Proxy(store, {
        get(target, name) {
          if (name === 'auditHistory') return () => Promise.reject(new Error('no such table'));
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
    }));
    expect(await scope.supervisor.alerts()).toEqual([
      { code: 'not_known', level: 'warning', about: 'history', detail: 'no such table' },
    ]);
  });
});

interface Entry {
  readonly action: string;
  readonly at: number;
  readonly outcome: string;
  readonly runId: string;
  readonly facts: object;
}

/** Of as many runs, counted from one for each outcome. */
function kills(count: number, at: number, outcome: 'done' | 'failed'): readonly Entry[] {
  const first = outcome === 'done' ? 'd' : 'f';
  return Array.from({ length: count }, (_, index) => {
    const runId = `run_${first}${index.toString(16).padStart(11, '0')}`;
    if (!isRunId(runId)) throw new Error(runId);
    return { action: 'kill', at, outcome, runId, facts: {} };
  });
}

function write(repository: TemporaryRepository, entries: readonly Entry[]): void {
  const database = new Database(path.join(repository.stateFolder, 'warden.db'));
  const insert = database.prepare(
    "INSERT INTO audit_log (at, run_id, action, user, face, outcome, facts) VALUES (?, ?, ?, 'dev', 'cli', ?, ?)",
  );
  for (const { action, at, outcome, runId, facts } of entries) {
    insert.run(at, runId, action, outcome, JSON.stringify(facts));
  }
  database.close();
}
