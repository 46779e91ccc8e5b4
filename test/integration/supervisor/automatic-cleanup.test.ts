import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import type { CleanupPolicy } from '../../../src/core/workflow.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const commits = 'git commit --quiet --allow-empty -m work';

/** A run that has ended, with its worktree as it left it. */
async function ended(
  repository: TemporaryRepository,
  supervisor: Supervisor,
  line: string,
  workflow: { cleanup?: CleanupPolicy; persistent?: boolean; retry?: object } = {},
): Promise<Run> {
  await repository.defineWorkflows({ worker: { ...shell(line), ...workflow } });
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  return (await supervisor.wait(runId)).run;
}

const cleanups = async (supervisor: Supervisor, { runId }: Run) =>
  (await supervisor.audit({ runId })).filter(({ action }) => action === 'cleanup');

/** What the system decided of a run, once it has. */
const decided = (supervisor: Supervisor, run: Run) =>
  eventually(async () => (await cleanups(supervisor, run)).find(({ outcome }) => outcome !== 'asked'));

const there = ({ worktree }: Run): boolean => existsSync(worktree!.path);

test('a worktree goes soon after the end of its run where its workflow says so and nothing in it would be missed', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  supervisor.startWatching(1_000);
  const clean = await ended(repository, supervisor, 'true', { cleanup: 'whenClean' });
  expect(await decided(supervisor, clean)).toMatchObject({
    outcome: 'done',
    actor: { user: 'system' },
    why: 'cleanup: whenClean',
    facts: { branch_deleted: true, force: false },
  });
  expect(there(clean)).toBe(false);
  expect((await supervisor.status(clean.runId)).run.worktree).toBe(null);
  const failed = await ended(repository, supervisor, 'exit 3', { cleanup: 'whenClean' });
  expect(await decided(supervisor, failed)).toMatchObject({ outcome: 'done' });
  expect(scope.failures).toEqual([]);
});

test.each([
  ['files that are not committed', 'echo x > work', ['dirty']],
  ['commits that are nowhere else', commits, ['unpushed']],
  ['a merge under way', 'git rev-parse HEAD > "$(git rev-parse --git-path MERGE_HEAD)"', ['operation']],
])('one with %s stays, and that is decided once', async (_, line, reasons) => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const run = await ended(repository, supervisor, line, { cleanup: 'whenClean' });
  expect(await decided(supervisor, run)).toMatchObject({
    outcome: 'refused',
    actor: { user: 'system' },
    facts: { reasons },
  });
  await supervisor.list({});
  await supervisor.settled();
  expect(await cleanups(supervisor, run)).toHaveLength(1);
  expect(there(run)).toBe(true);
});

test('one goes with work in it where its workflow says always, and comes back whole', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const run = await ended(repository, supervisor, `${commits}; echo precious > work`, { cleanup: 'always' });
  const done = await decided(supervisor, run);
  expect(done).toMatchObject({ outcome: 'done', facts: { branch_deleted: false, force: true } });
  expect(there(run)).toBe(false);
  expect(await repository.git('show', `${String(done.facts['checkpoint'])}:work`)).toBe('precious');
  expect(await repository.git('log', '-1', '--format=%s', run.worktree!.branch)).toBe('work');
});

test('one stays where its workflow does not ask for it, says never, or is persistent', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const runs = [
    await ended(repository, supervisor, 'true'),
    await ended(repository, supervisor, 'true', { cleanup: 'never' }),
    await ended(repository, supervisor, 'true', { cleanup: 'always', persistent: true }),
  ];
  await supervisor.list({});
  await supervisor.settled();
  expect(runs.map(there)).toEqual([true, true, true]);
  expect(await cleanups(supervisor, runs[2]!)).toEqual([]);
});

test('that of a killed run goes too, after what it wrote was kept', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  await repository.defineWorkflows({ worker: { ...shell('echo x > work; exec sleep 1000'), cleanup: 'always' } });
  const run = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  await eventually(() => existsSync(path.join(run.worktree!.path, 'work')));
  await supervisor.kill(run.runId);
  expect(await decided(supervisor, run)).toMatchObject({ outcome: 'done' });
  expect(there(run)).toBe(false);
  expect((await supervisor.checkpoints(run.runId)).length).toBeGreaterThan(0);
});

test('that of a killed run goes only when what it left has been kept, however long that takes', async () => {
  await using repository = await temporaryRepository();
  const kept = Promise.withResolvers<void>();
  const order: string[] = [];
  await using scope = await testSupervisor(repository, ({ worktrees }) => ({
    worktrees: {
      ...worktrees,
      checkpoint: async (request) => {
        if (request.why === 'kill') await kept.promise;
        order.push(request.why);
        return worktrees.checkpoint(request);
      },
      remove: (...removal) => {
        order.push('it is removed');
        return worktrees.remove(...removal);
      },
    },
  }));
  const { supervisor } = scope;
  await repository.defineWorkflows({ worker: { ...shell('echo x > work; exec sleep 1000'), cleanup: 'always' } });
  const run = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  await eventually(() => existsSync(path.join(run.worktree!.path, 'work')));
  await supervisor.kill(run.runId);
  setTimeout(() => kept.resolve(), 500);
  expect(await decided(supervisor, run)).toMatchObject({ outcome: 'done' });
  expect(order[0]).toBe('kill');
});

test('one that somebody enters while its work is kept stays, also when a person asks for its removal', async () => {
  await using repository = await temporaryRepository();
  const visitors: ChildProcess[] = [];
  await using scope = await testSupervisor(repository, ({ worktrees }) => ({
    worktrees: {
      ...worktrees,
      remove: async (of, worktree, ...others) => {
        visitors.push(spawn('sleep', ['600'], { cwd: worktree.path, stdio: 'ignore' }));
        return worktrees.remove(of, worktree, ...others);
      },
    },
  }));
  const run = await ended(repository, scope.supervisor, 'true', {});
  try {
    const { kept } = await scope.supervisor.cleanup({ directory: repository.path, dryRun: false, maxAgeHours: 0 });
    expect(kept).toMatchObject([{ runId: run.runId, reasons: [{ code: 'occupied', name: 'sleep' }] }]);
    expect(there(run)).toBe(true);
  } finally {
    for (const visitor of visitors) visitor.kill('SIGKILL');
  }
});

test('that of a run which is to be started again stays until that is done', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const run = await ended(repository, supervisor, 'exit 1', {
    cleanup: 'whenClean',
    retry: { attempts: 1, backoffSeconds: 600 },
  });
  await supervisor.list({});
  await supervisor.settled();
  expect(there(run)).toBe(true);
  expect(await cleanups(supervisor, run)).toEqual([]);
  // Somebody started it earlier than that.
  const again = await supervisor.restart(run.runId);
  await supervisor.wait(again.runId);
  await using next = await testSupervisor(repository, () => ({}), { leavesRuns: true });
  await next.supervisor.list({});
  expect(await decided(next.supervisor, run)).toMatchObject({ outcome: 'done' });
});

test('what was cut off is gone on with by whoever comes next', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository, ({ worktrees }) => ({
    worktrees: { ...worktrees, list: () => Promise.reject(new Error('the disk is away')) },
  }));
  const run = await ended(repository, scope.supervisor, 'true', { cleanup: 'whenClean' });
  await eventually(() => scope.failures.length > 0);
  expect(there(run)).toBe(true);
  await using next = await testSupervisor(repository);
  next.supervisor.startWatching(1_000);
  expect(await decided(next.supervisor, run)).toMatchObject({ outcome: 'done' });
});

const hour = 3_600_000;

const laterBy =
  (milliseconds: number) =>
  ({ clock }: Ports): Partial<Ports> => ({
    clock: {
      now: () => clock.now() + milliseconds,
      monotonic: () => clock.monotonic(),
      turn: () => clock.turn(),
      sleep: (duration, signal) => clock.sleep(duration, signal),
    },
  });

test('old worktrees in which nothing would be missed go once a day, and only those', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const old = {
    clean: await ended(repository, scope.supervisor, 'true'),
    dirty: await ended(repository, scope.supervisor, 'echo x > work'),
    unpushed: await ended(repository, scope.supervisor, commits),
    never: await ended(repository, scope.supervisor, 'true', { cleanup: 'never' }),
    persistent: await ended(repository, scope.supervisor, 'true', { persistent: true }),
  };
  {
    await using gone = await temporaryRepository();
    await ended(gone, scope.supervisor, 'true');
  }
  const foreign = `${repository.path}.worktrees/foreign`;
  await repository.git('worktree', 'add', '--quiet', foreign);
  {
    await using early = await testSupervisor(repository, laterBy(40 * hour));
    early.supervisor.startWatching(1_000);
    await eventually(() => early.supervisor.isWatching);
  }
  expect(there(old.clean)).toBe(true);
  {
    await using off = await testSupervisor(repository, laterBy(50 * hour));
    off.supervisor.startWatching(
      1_000,
      () => true,
      () => null,
    );
    await eventually(() => off.supervisor.isWatching);
  }
  expect(there(old.clean)).toBe(true);
  await using late = await testSupervisor(repository, laterBy(50 * hour));
  late.supervisor.startWatching(1_000);
  await eventually(() => !there(old.clean));
  await late.supervisor.settled();
  expect(Object.entries(old).flatMap(([name, run]) => (there(run) ? [name] : []))).toEqual([
    'dirty',
    'unpushed',
    'never',
    'persistent',
  ]);
  expect(existsSync(foreign)).toBe(true);
  expect(await decided(late.supervisor, old.clean)).toMatchObject({
    outcome: 'done',
    actor: { user: 'system' },
    why: 'daily pass',
  });
  // Of a repository that has gone nothing is attempted.
  const attempts = await late.supervisor.audit({ action: 'cleanup' });
  expect(attempts.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  expect([...scope.failures, ...late.failures]).toEqual([]);
});

test('of all who watch one makes the daily pass, and the next is a day later', async () => {
  await using repository = await temporaryRepository();
  const stores: Ports['store'][] = [];
  let ahead = 0;
  const keeping = (ports: Ports): Partial<Ports> => {
    stores.push(ports.store);
    return {};
  };
  await using one = await testSupervisor(repository, keeping);
  await using two = await testSupervisor(repository, keeping);
  const take = (interval: number) => Promise.all(stores.map((store) => store.takeDailyPass(interval + ahead)));
  expect((await take(24 * hour)).filter(Boolean)).toHaveLength(1);
  expect((await take(24 * hour)).filter(Boolean)).toHaveLength(0);
  ahead = -24 * hour;
  expect((await take(24 * hour)).filter(Boolean).length).toBeGreaterThan(0);
  expect([...one.failures, ...two.failures]).toEqual([]);
});
