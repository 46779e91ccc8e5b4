import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import { isTerminal } from '../../../src/core/run-status.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { databaseFaults, makeReadOnly } from '../../support/database-faults.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const workflows = {
  sleeper: { command: ['sleep', '600'] },
  deaf: shell("trap '' TERM; while :; do sleep 1; done"),
  waiter: shell('while [ ! -e go ]; do sleep 0.05; done; exit 7'),
};

type Started = Record<'killed' | 'forced' | 'ending' | 'living', Run>;

async function startFour(repository: TemporaryRepository, supervisor: Supervisor): Promise<Started> {
  const start = (workflowName: string): Promise<Run> =>
    supervisor.run({ workflowName, directory: repository.path, message: 'the message' });
  const [killed, forced, ending, living] = await Promise.all(['sleeper', 'deaf', 'waiter', 'sleeper'].map(start));
  return { killed: killed!, forced: forced!, ending: ending!, living: living! };
}

async function statusesIn(supervisor: Supervisor, runs: Started): Promise<Record<string, string | undefined>> {
  const listed = new Map((await supervisor.list({})).runs.map(({ run }) => [run.runId, run.status]));
  return Object.fromEntries(Object.entries(runs).map(([name, { runId }]) => [name, listed.get(runId)]));
}

/** The rows as they are in the file, not as anybody tells them. */
function rawRows(repository: TemporaryRepository): {
  statuses: Map<string, string>;
  audit: readonly { run_id: string | null; action: string; outcome: string }[];
  integrity: unknown;
} {
  const raw = new Database(path.join(repository.stateFolder, 'warden.db'), { readonly: true });
  try {
    const rows = raw.prepare('SELECT run_id, status FROM workflow_runs').all() as { run_id: string; status: string }[];
    return {
      statuses: new Map(rows.map(({ run_id: runId, status }) => [runId, status])),
      audit: raw.prepare('SELECT run_id, action, outcome FROM audit_log ORDER BY entry').all() as never,
      integrity: raw.pragma('integrity_check', { simple: true }),
    };
  } finally {
    raw.close();
  }
}

const expected = { killed: 'terminated', forced: 'killed', ending: 'failed', living: 'running' };

describe.each(databaseFaults)('a database that is $name', (fault) => {
  test.for(['while it is open', 'before it is opened'] as const)(
    '%s: every run is seen, killed or ended as it is, and nothing of it is lost',
    async (when, { skip }) => {
      await using repository = await temporaryRepository();
      await repository.defineWorkflows(workflows);
      if ((await fault.prepare?.(repository.stateFolder)) === false) skip('needs the right to mount');
      try {
        await using first = await testSupervisor(repository);
        const runs = await startFour(repository, first.supervisor);
        const heal = await fault.strike(repository.stateFolder);
        {
          await using later = await testSupervisor(repository, undefined, { leavesRuns: true });
          const { supervisor } = when === 'while it is open' ? first : later;
          const before = { killed: 'running', forced: 'running', ending: 'running', living: 'running' };
          expect(await statusesIn(supervisor, runs)).toEqual(before);

          const [report, forcedReport] = await Promise.all([
            supervisor.kill(runs.killed.runId, { why: 'a fault' }),
            supervisor.kill(runs.forced.runId, { force: true }),
          ]);
          expect(report).toMatchObject({ success: true, method: 'graceful', survivors: [] });
          expect(forcedReport).toMatchObject({ success: true, method: 'system', survivors: [] });
          expect([runs.killed, runs.forced].flatMap(({ runId }) => processesOf(runId))).toEqual([]);
          await writeFile(path.join(runs.ending.worktree!.path, 'go'), '');
          await eventually(() => processesOf(runs.ending.runId).length === 0);
          expect(await statusesIn(supervisor, runs)).toEqual(expected);
          expect((await supervisor.status(runs.ending.runId)).run).toMatchObject({ exitCode: 7 });
          // Whoever looks from another window sees the same.
          const other = supervisor === first.supervisor ? later.supervisor : first.supervisor;
          expect(await statusesIn(other, runs)).toEqual(expected);

          if (!fault.isMadeAnew) {
            const refused = await Promise.allSettled([
              supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' }),
              supervisor.restart(runs.living.runId),
              supervisor.cleanup({ directory: repository.path, dryRun: false, maxAgeHours: 0 }),
            ]);
            const refusal = { status: 'rejected', reason: { name: 'WardenError' } };
            expect(refused).toMatchObject([refusal, refusal, refusal]);
            expect(existsSync(runs.killed.worktree!.path)).toBe(true);
          }
          expect(processesOf(runs.living.runId)).not.toEqual([]);
        }
        await heal();
        {
          await using after = await testSupervisor(repository, undefined, { leavesRuns: true });
          await eventually(async () => {
            await after.supervisor.reconcile();
            return rawRows(repository).statuses.get(runs.killed.runId) === 'terminated';
          });
          expect(await statusesIn(after.supervisor, runs)).toEqual(expected);
          const { run: killed } = await after.supervisor.status(runs.killed.runId);
          expect(killed).toMatchObject({
            message: 'the message',
            worktree: runs.killed.worktree,
            reason: { code: 'killed', why: 'a fault' },
            killReport: { success: true, sessionUpdated: true, auditLogged: true },
          });
          const { run: living } = await after.supervisor.status(runs.living.runId);
          expect(living.process?.command).toEqual(runs.living.process?.command);
          const { statuses, audit, integrity } = rawRows(repository);
          expect(integrity).toBe('ok');
          for (const [name, { runId }] of Object.entries(runs))
            expect(statuses.get(runId)).toBe(expected[name as keyof Started]);
          const of = (run: Run, outcome: string): readonly string[] =>
            audit
              .filter((entry) => entry.run_id === run.runId && entry.outcome === outcome)
              .map(({ action }) => action);
          expect(of(runs.killed, 'asked').filter((action) => action === 'kill')).toHaveLength(1);
          expect(of(runs.killed, 'done').filter((action) => action === 'kill')).toHaveLength(1);
          expect(of(runs.forced, 'done').filter((action) => action === 'kill')).toHaveLength(1);
          expect(of(runs.ending, 'done').filter((action) => action === 'end')).toHaveLength(1);
          await after.supervisor.kill(runs.living.runId);
        }
        const { runs: all } = await first.supervisor.list({});
        expect(all.every(({ run }) => isTerminal(run.status))).toBe(true);
      } finally {
        await fault.cleanUp?.(repository.stateFolder);
      }
    },
  );
});

describe('a kill while the database is locked', () => {
  test('says what it could not write, and does not keep the processes waiting for it', async () => {
    const locked = databaseFaults.find(({ name }) => name.startsWith('locked'))!;
    await using repository = await temporaryRepository();
    await repository.defineWorkflows(workflows);
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' });
    const heal = await locked.strike(repository.stateFolder);
    const began = performance.now();
    const report = await scope.supervisor.kill(run.runId);
    // Others wait for a locked database for ten seconds.
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(report).toMatchObject({ success: true, sessionUpdated: false, auditLogged: false });
    expect(scope.failures).toMatchObject([{ error: { code: 'database_busy' } }]);
    await heal();
    await eventually(async () => {
      const written = await scope.supervisor.kill(run.runId);
      return written.sessionUpdated && written.auditLogged;
    });
  });
});

test('a kill that ends only that a run is started again says what it could not write', async () => {
  const locked = databaseFaults.find(({ name }) => name.startsWith('locked'))!;
  await using repository = await temporaryRepository();
  const retry = { attempts: 3, backoffSeconds: 600 };
  await repository.defineWorkflows({ failing: { command: ['false'], retry } });
  await using scope = await testSupervisor(repository);
  const { runId } = await scope.supervisor.run({
    workflowName: 'failing',
    directory: repository.path,
    message: '',
  });
  await scope.supervisor.wait(runId);
  const heal = await locked.strike(repository.stateFolder);
  const unwritten = { success: true, cancelled: 'retry', sessionUpdated: false, auditLogged: false };
  expect(await scope.supervisor.kill(runId)).toMatchObject(unwritten);
  await heal();
  await eventually(async () => {
    const written = await scope.supervisor.kill(runId);
    return written.sessionUpdated && written.auditLogged;
  });
});

describe('the watch while the database is locked', () => {
  test('still takes what ends, tells of the database once, and the row follows', async () => {
    const locked = databaseFaults.find(({ name }) => name.startsWith('locked'))!;
    await using repository = await temporaryRepository();
    await repository.defineWorkflows(workflows);
    await using scope = await testSupervisor(repository);
    scope.supervisor.startWatching(500);
    const run = await scope.supervisor.run({ workflowName: 'waiter', directory: repository.path, message: '' });
    const statusNow = async (): Promise<string | undefined> => (await scope.supervisor.recent({}))[0]?.run.status;
    const heal = await locked.strike(repository.stateFolder);
    await eventually(() => scope.failures.length > 0);
    await writeFile(path.join(run.worktree!.path, 'go'), '');
    await eventually(async () => (await statusNow()) === 'failed');
    expect(rawRows(repository).statuses.get(run.runId)).toBe('running');
    await heal();
    await eventually(() => rawRows(repository).statuses.get(run.runId) === 'failed');
    await eventually(() => scope.supervisor.isWatching);
    expect(scope.failures.length).toBeLessThanOrEqual(2);
    expect(rawRows(repository).audit.filter(({ action }) => action === 'end')).toHaveLength(1);
  });
});

describe('a state folder that became read-only', () => {
  test('keeps no kill from being carried out, and the report says that it was not written', async ({ skip }) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows(workflows);
    await using first = await testSupervisor(repository);
    const run = await first.supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' });
    const heal = await makeReadOnly(repository.stateFolder);
    if (heal === null) return skip('needs the right to mount');
    try {
      await using scope = await testSupervisor(repository);
      expect((await scope.supervisor.list({})).runs).toMatchObject([{ run: { status: 'running' } }]);
      const report = await scope.supervisor.kill(run.runId);
      expect(report).toMatchObject({ success: true, survivors: [], sessionUpdated: false, auditLogged: false });
      expect(processesOf(run.runId)).toEqual([]);
      expect((await scope.supervisor.list({})).runs).toMatchObject([{ run: { status: 'terminated' } }]);
    } finally {
      await heal();
    }
    await using after = await testSupervisor(repository);
    const { run: ended } = await after.supervisor.status(run.runId);
    expect(isTerminal(ended.status)).toBe(true);
    expect(rawRows(repository).integrity).toBe('ok');
  });
});

test('a disk that is full is told as that, also where the database has to be opened first', async ({ skip }) => {
  await using repository = await temporaryRepository();
  const { stateFolder } = repository;
  const fault = databaseFaults.find(({ name }) => name === 'on a full disk')!;
  if ((await fault.prepare?.(stateFolder)) === false) skip('needs the right to mount');
  try {
    const first = await testSupervisor(repository);
    await first[Symbol.asyncDispose]();
    await fault.strike(stateFolder);
    await expect(testSupervisor(repository)).rejects.toMatchObject({ code: 'disk_full' });
  } finally {
    await fault.cleanUp?.(stateFolder);
  }
});
