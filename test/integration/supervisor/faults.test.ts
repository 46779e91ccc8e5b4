import { execa } from 'execa';
import { spawn } from 'node:child_process';
import Database from 'better-sqlite3';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Executor } from '../../../src/core/ports/executor.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const deaf = shell("trap '' TERM; while :; do sleep 1; done");

async function expectNothingMade(repository: TemporaryRepository): Promise<void> {
  expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
  expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(1);
  expect(existsSync(`${repository.path}.worktrees`)).toBe(false);
}

describe('a launch that fails', () => {
  test('in its setup leaves nothing but a failed run with the step', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      broken: { command: ['true'], setup: ['sh', '-c', 'echo no; sleep 600 & exit 4'] },
    });
    await using scope = await testSupervisor(repository);
    const launch = scope.supervisor.run({ workflowName: 'broken', directory: repository.path, message: '' });
    await expect(launch).rejects.toMatchObject({ code: 'launch_failed', facts: { step: 'setup' } });
    const { runs } = await scope.supervisor.list({});
    expect(runs.map(({ run }) => run)).toMatchObject([
      { status: 'failed', worktree: null, reason: { code: 'launch_failed', step: 'setup' } },
    ]);
    expect(processesOf(runs[0]!.run.runId)).toEqual([]);
    await expectNothingMade(repository);
  });

  test.each([
    ['a bare name', ['no-such-program-anywhere'], 0],
    ['a path', ['./no-such-script.sh'], 1],
  ])('since its command is not there (%s) says which', async (_, command, rows) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ missing: { command } });
    await using scope = await testSupervisor(repository);
    const launch = scope.supervisor.run({ workflowName: 'missing', directory: repository.path, message: '' });
    await expect(launch).rejects.toMatchObject({ code: 'command_not_found', facts: { command: command[0] } });
    expect((await scope.supervisor.list({})).runs).toHaveLength(rows);
    await expectNothingMade(repository);
  });

  test('since its path is taken says so, and leaves what is there', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['true'] } });
    // Every path that could be drawn is taken when a file is in the place of their folder.
    await execa('touch', [`${repository.path}.worktrees`]);
    await using scope = await testSupervisor(repository);
    const launch = scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    await expect(launch).rejects.toMatchObject({ name: 'WardenError' });
    expect(existsSync(`${repository.path}.worktrees`)).toBe(true);
    expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
  });

  test('on a full disk says so, and leaves nothing', async ({ skip }) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['true'] } });
    await mkdir(repository.stateFolder);
    const mounted = await execa(
      'mount',
      ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', repository.stateFolder],
      { reject: false },
    );
    if (mounted.failed) skip('needs the right to mount');
    try {
      await using scope = await testSupervisor(repository);
      await execa('dd', ['if=/dev/zero', `of=${repository.stateFolder}/ballast`, 'bs=1k', 'count=600'], {
        reject: false,
      });
      const launch = scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
      await expect(launch).rejects.toMatchObject({ code: 'disk_full' });
      await execa('rm', [`${repository.stateFolder}/ballast`]);
      await scope.supervisor.reconcile();
      const { runs } = await scope.supervisor.list({});
      expect(runs.every(({ run }) => run.status === 'failed')).toBe(true);
      await expectNothingMade(repository);
    } finally {
      await execa('umount', [repository.stateFolder]);
    }
  });
});

describe('a launcher that crashes', () => {
  test('in the setup is cleaned up after by whoever comes next', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      slow: { command: ['true'], setup: ['sh', '-c', 'echo $$ > started; exec sleep 600'] },
    });
    await using scope = await testSupervisor(repository);
    const options = { workflowName: 'slow', directory: repository.path, message: '' };
    await using other = startOtherProcess('run', options, repository.stateFolder);
    const run = await eventually(async () => {
      const [found] = (await scope.supervisor.list({})).runs;
      return found?.run.worktree != null && existsSync(path.join(found.run.worktree.path, 'started'))
        ? found.run
        : null;
    });
    expect(run.status).toBe('pending');
    await other.crash();
    // As one who lists the runs, and leaves.
    const passing = await testSupervisor(repository, undefined, { leavesRuns: true });
    await passing.supervisor.list({});
    await passing.supervisor.dispose();
    const [ended] = await scope.supervisor.recent({});
    expect(ended?.run).toMatchObject({ status: 'failed', reason: { code: 'launch_interrupted' }, worktree: null });
    expect(passing.failures).toEqual([]);
    expect(processesOf(run.runId)).toEqual([]);
    await expectNothingMade(repository);
  });
});

describe('a launcher that is stopped', () => {
  test('is left, and goes on when it is continued', async () => {
    await using repository = await temporaryRepository();
    const goOn = path.join(repository.path, 'go-on');
    const setup = ['sh', '-c', `echo > started; until [ -e ${goOn} ]; do sleep 0.05; done`];
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'], setup } });
    await using scope = await testSupervisor(repository);
    const options = { workflowName: 'worker', directory: repository.path, message: '' };
    await using other = startOtherProcess('run', options, repository.stateFolder);
    const { runId } = await eventually(async () => {
      const [found] = await scope.supervisor.recent({});
      return found?.run.worktree != null && existsSync(path.join(found.run.worktree.path, 'started'))
        ? found.run
        : null;
    });
    await other.stop();
    await scope.supervisor.reconcile();
    expect((await scope.supervisor.status(runId)).run.status).toBe('pending');
    await mkdir(goOn);
    other.goOn();
    await other.exited;
    expect((await scope.supervisor.status(runId)).run.status).toBe('running');
  });

  test('is waited for by no kill: what it has begun is ended, and it takes back the rest when it is continued', async () => {
    await using repository = await temporaryRepository();
    const setup = shell('echo > started; sleep 600').command;
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'], setup } });
    await using scope = await testSupervisor(repository);
    const options = { workflowName: 'worker', directory: repository.path, message: '' };
    await using other = startOtherProcess('run', options, repository.stateFolder);
    const { runId } = await eventually(async () => {
      const [found] = await scope.supervisor.recent({});
      return found?.run.worktree != null && existsSync(path.join(found.run.worktree.path, 'started'))
        ? found.run
        : null;
    });
    await other.stop();
    const { pid } = other.child;
    await expect(scope.supervisor.kill(runId)).rejects.toMatchObject({ code: 'launcher_stopped', facts: { pid } });
    expect(processesOf(runId)).toEqual([]);
    other.goOn();
    await eventually(async () => (await scope.supervisor.status(runId)).run.status === 'terminated');
    await other.exited;
    await expectNothingMade(repository);
  });
});

describe('a launcher that has done its work and is gone', () => {
  test('is not taken for one that crashed by who read the row before', async () => {
    await using repository = await temporaryRepository();
    const goOn = path.join(repository.path, 'go-on');
    const setup = ['sh', '-c', `until [ -e ${goOn} ]; do sleep 0.05; done`];
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'], setup } });
    await using scope = await testSupervisor(repository);
    const options = { workflowName: 'worker', directory: repository.path, message: '' };
    await using other = startOtherProcess('run', options, repository.stateFolder);
    const pending = await eventually(async () => {
      const [found] = await scope.supervisor.recent({});
      return found?.run.worktree === null ? null : found?.run;
    });
    expect(pending.status).toBe('pending');
    await mkdir(goOn);
    await other.exited;
    const late = await testSupervisor(repository, ({ store }) => ({
      store: new Proxy(store, {
        get(target, name) {
          if (name === 'activeRuns') return () => Promise.resolve([pending]);
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));
    await late.supervisor.reconcile();
    await late.supervisor.dispose();
    const { run } = await scope.supervisor.status(pending.runId);
    expect(run).toMatchObject({ status: 'running', worktree: pending.worktree });
    expect(existsSync(pending.worktree!.path)).toBe(true);
    expect(processesOf(run.runId).length).toBeGreaterThan(0);
  });
});

describe('a kill whose carrier crashes', () => {
  test('is finished by whoever comes next, at the phase that is due', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ deaf: { ...deaf, kill: { gracefulSeconds: 2, forcedSeconds: 5 } } });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'deaf', directory: repository.path, message: '' });
    await using other = startOtherProcess('kill', { runId: run.runId }, repository.stateFolder);
    const begun = await eventually(async () => (await scope.supervisor.recent({}))[0]?.run.stop?.begunMonotonic);
    await other.crash();
    expect(processesOf(run.runId).length).toBeGreaterThan(0);
    await eventually(() => Number(process.hrtime.bigint()) / 1e6 > begun + 2_000);
    const report = await scope.supervisor.kill(run.runId);
    expect(report).toMatchObject({ success: true, method: 'system' });
    // From the decision on, not from when the second one came: what is over by then is not gone through again.
    expect(report.stages.map(({ stage }) => stage)).not.toContain('graceful');
    expect(report.durationMilliseconds).toBeGreaterThanOrEqual(7_000);
    expect(processesOf(run.runId)).toEqual([]);
    const entries = await scope.supervisor.audit({ runId: run.runId });
    expect(entries.filter(({ action, outcome }) => action === 'kill' && outcome === 'done')).toHaveLength(1);
  });

  test('is told by the phase that ended it, though its carrier crashed before it could say so', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ deaf });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'deaf', directory: repository.path, message: '' });
    // It cannot write the end any more: to whoever comes next that is a crash between the last signal and the report.
    const crashing = await testSupervisor(repository, ({ store }) => {
      const change: Store['change'] = (...parameters) =>
        parameters[2].endedAt === undefined ? store.change(...parameters) : Promise.reject(new Error('crash'));
      return {
        store: new Proxy(store, {
          get(target, name) {
            if (name === 'change') return change;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
      };
    });
    await expect(crashing.supervisor.kill(run.runId, { force: true })).rejects.toThrow('crash');
    await crashing.supervisor.dispose();
    expect(processesOf(run.runId)).toEqual([]);
    expect(await scope.supervisor.kill(run.runId)).toMatchObject({ success: true, method: 'system' });
    expect((await scope.supervisor.status(run.runId)).run.status).toBe('killed');
  });

  test('or is stopped, as by Ctrl+Z, is finished by another, and changes nothing when it is continued', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ deaf: { ...deaf, kill: { gracefulSeconds: 1, forcedSeconds: 1 } } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'deaf', directory: repository.path, message: '' });
    await using other = startOtherProcess('kill', { runId }, repository.stateFolder);
    await eventually(async () => (await supervisor.recent({}))[0]?.run.stop?.begunMonotonic != null);
    await other.stop();
    expect(await supervisor.kill(runId)).toMatchObject({ success: true, method: 'system' });
    expect(processesOf(runId)).toEqual([]);
    const ended = await supervisor.status(runId);
    const entries = await supervisor.audit({ runId });
    other.goOn();
    const [exitCode] = await other.exited;
    expect(exitCode).toBe(0);
    expect(await supervisor.status(runId)).toEqual(ended);
    expect(await supervisor.audit({ runId })).toEqual(entries);
  });

  test('can be sped up by force', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ deaf });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'deaf', directory: repository.path, message: '' });
    const patient = scope.supervisor.kill(run.runId);
    const hurried = scope.supervisor.kill(run.runId, { force: true });
    expect(await hurried).toEqual(await patient);
    expect((await patient).stages.map(({ stage }) => stage)).not.toContain('forced');
  });
});

/** Everyone is recognised and nobody can be stopped. */
function refuseFreezing(executor: Executor): Executor['freeze'] {
  return async (request) => {
    const frozen = await executor.freeze(request);
    await executor.signal(frozen.map(({ member: { identity } }) => ({ identity, signal: 'SIGCONT' })));
    return frozen.map(({ runId, member }) => ({ runId, member, outcome: 'not_permitted' }));
  };
}

describe('a restart', () => {
  test('that many ask for at once puts one run in the place of the old one', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using scope = await testSupervisor(repository);
    await using other = await testSupervisor(repository, () => ({}), { leavesRuns: true });
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    const asked = [scope, other, scope, other].map(({ supervisor }) => supervisor.restart(run.runId));
    const answers = await Promise.allSettled(asked);
    const started = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(started).toHaveLength(1);
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    const by = started[0]!.runId;
    expect(refused).toMatchObject(refused.map(() => ({ code: 'already_replaced', facts: { runId: run.runId, by } })));
    expect(processesOf(run.runId)).toEqual([]);
  });
});

describe('a kill that leaves a survivor', () => {
  test('names it, stays terminating, is told once, and succeeds when it is asked for again', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ victim: { command: ['sleep', '600'] } });
    let permitted = false;
    // Stands for a child of another user, which root cannot have: whoever runs the tests may signal everyone.
    const refuse: Executor['signal'] = (orders) => Promise.resolve(orders.map(() => 'not_permitted'));
    await using scope = await testSupervisor(repository, ({ executor }) => ({
      executor: new Proxy(executor, {
        get(target, name) {
          if (name === 'signal' && !permitted) return refuse;
          if (name === 'freeze' && !permitted) return refuseFreezing(executor);
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));
    const { supervisor } = scope;
    const run = await supervisor.run({ workflowName: 'victim', directory: repository.path, message: '' });
    const refused = await supervisor.kill(run.runId, { force: true });
    expect(refused).toMatchObject({ success: false, signals: [] });
    expect(refused.survivors).toContainEqual({ pid: run.process!.command.pid, name: 'sleep', reason: 'EPERM' });
    expect((await supervisor.status(run.runId)).run.status).toBe('terminating');
    await supervisor.kill(run.runId);
    const failures = (await supervisor.audit({ runId: run.runId })).filter(({ outcome }) => outcome === 'failed');
    expect(failures).toHaveLength(1);
    await expect(supervisor.restart(run.runId)).rejects.toMatchObject({ code: 'not_proved_gone' });
    permitted = true;
    expect(await supervisor.kill(run.runId)).toMatchObject({ success: true, survivors: [] });
    expect((await supervisor.status(run.runId)).run.status).toBe('killed');
  });
});

describe('a restart of a run that is over', () => {
  test('ends first who came to light since', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('exit 3') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const old = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    await eventually(async () => (await supervisor.status(old.runId)).run.status === 'failed');
    // As by a service that was handed its environment.
    const late = spawn('sleep', ['600'], { env: { ...process.env, WARDEN_RUN_ID: old.runId } });
    const gone = once(late, 'exit');
    expect(await supervisor.restart(old.runId)).toMatchObject({ restartedFrom: old.runId });
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(await supervisor.audit({ runId: old.runId })).toContainEqual(
      expect.objectContaining({ action: 'settle', outcome: 'done', facts: { processes: 1, survivors: 0 } }),
    );
  });
});

describe('a kill of a run that is over', () => {
  test('ends who came to light since, and nobody whom another run has begun in its name', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      quick: shell('exit 3'),
      imposter: shell('WARDEN_RUN_ID=$WARDEN_MESSAGE sleep 600'),
    });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const directory = repository.path;
    const { runId } = await supervisor.run({ workflowName: 'quick', directory, message: '' });
    await eventually(async () => (await supervisor.status(runId)).run.status === 'failed');
    const other = await supervisor.run({ workflowName: 'imposter', directory, message: runId });
    const [innocent] = await eventually(() => (processesOf(runId).length === 1 ? processesOf(runId) : null));
    await expect(supervisor.kill(runId)).rejects.toMatchObject({ code: 'run_is_over' });

    const late = spawn('sleep', ['600'], { env: { ...process.env, WARDEN_RUN_ID: runId } });
    const gone = once(late, 'exit');
    expect(await supervisor.kill(runId)).toMatchObject({ success: true, processes: 1, survivors: [] });
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(processesOf(runId)).toEqual([innocent]);
    expect((await supervisor.status(runId)).run.status).toBe('failed');
    await supervisor.kill(other.runId);
    expect(processesOf(runId)).toEqual([]);
  });
});

describe('a kill of a run whose leftovers are being ended', () => {
  test('overtakes it, and is reported', async () => {
    await using repository = await temporaryRepository();
    const leftover = `trap '' TERM; while :; do sleep 1; done`;
    await repository.defineWorkflows({ leaver: shell(`setsid sh -c "${leftover}" & sleep 0.3; exit 0`) });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const run = await supervisor.run({ workflowName: 'leaver', directory: repository.path, message: '' });
    await eventually(async () => (await supervisor.status(run.runId)).run.stop?.kind === 'settle');
    expect(await supervisor.kill(run.runId, { force: true })).toMatchObject({ success: true, survivors: [] });
    expect(processesOf(run.runId)).toEqual([]);
    expect((await supervisor.status(run.runId)).run).toMatchObject({ reason: { code: 'killed' } });
  });
});

describe('a run that vanishes', () => {
  test('is failed as lost, with no exit code made up', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    for (const pid of [run.process!.wrapper.pid, run.process!.command.pid]) process.kill(pid, 'SIGKILL');
    const { run: ended } = await scope.supervisor.wait(run.runId);
    expect(ended).toMatchObject({ status: 'failed', reason: { code: 'lost' }, exitCode: null });
  });

  test('with its wrapper only goes on, since its command lives', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    process.kill(run.process!.wrapper.pid, 'SIGKILL');
    await eventually(() => processesOf(run.runId).length === 1);
    expect((await scope.supervisor.status(run.runId)).run.status).toBe('running');
  });

  test('with the machine is lost, and nobody is taken for it', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    const first = await testSupervisor(repository);
    const run = await first.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    await first.supervisor.dispose();
    const raw = new Database(path.join(repository.stateFolder, 'warden.db'));
    raw.prepare("UPDATE workflow_processes SET boot_id = 'an earlier boot'").run();
    raw.close();
    {
      await using scope = await testSupervisor(repository);
      const { run: ended } = await scope.supervisor.status(run.runId);
      expect(ended).toMatchObject({ status: 'failed', reason: { code: 'lost_in_reboot' } });
      // The number lives on as somebody else's, as far as the row can tell.
      expect(processesOf(run.runId).length).toBeGreaterThan(0);
      for (const pid of processesOf(run.runId)) process.kill(pid, 'SIGKILL');
      await eventually(() => processesOf(run.runId).length === 0);
    }
  });
});

describe('the queue', () => {
  test('holds its limit, keeps its order, and skips what was cancelled', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('sleep 600') }, { maxConcurrentRuns: 1 });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const start = (message: string): ReturnType<typeof supervisor.run> =>
      supervisor.run({ workflowName: 'worker', directory: repository.path, message });
    const byMessage = async (message: string) =>
      (await supervisor.list({})).runs.map(({ run }) => run).find((run) => run.message === message);
    const first = await start('first');
    const second = start('second');
    const secondRun = await eventually(() => byMessage('second'));
    const third = start('third');
    await eventually(() => byMessage('third'));
    expect((await byMessage('third'))?.status).toBe('pending');
    expect(await supervisor.kill(secondRun.runId)).toMatchObject({ success: true, processes: 0 });
    expect(await second).toMatchObject({ status: 'terminated', reason: { code: 'cancelled' } });
    await supervisor.kill(first.runId);
    expect(await third).toMatchObject({ status: 'running' });
    expect(await readdir(`${repository.path}.worktrees`)).toHaveLength(2);
  });
});

describe('the watch', () => {
  test('starts a run that failed again, as often as its workflow says, and then leaves it', async () => {
    await using repository = await temporaryRepository();
    const retry = { attempts: 2, backoffSeconds: 0.1 };
    await repository.defineWorkflows({ flaky: { ...shell('exit 1'), retry } });
    await using scope = await testSupervisor(repository);
    scope.supervisor.startWatching(500);
    const first = await scope.supervisor.run({ workflowName: 'flaky', directory: repository.path, message: '' });
    const runs = await eventually(async () => {
      const found = await scope.supervisor.recent({});
      return found.length === 3 && found.every(({ run }) => run.status === 'failed') ? found : null;
    });
    expect(runs.map(({ run }) => run.retryNumber)).toEqual([2, 1, 0]);
    expect(runs[1]?.run.restartedFrom).toBe(first.runId);
    await sleep(2_000);
    expect(await scope.supervisor.recent({})).toHaveLength(3);
  });

  test('leaves a run that ends as soon as it has started, again and again, and says so', async () => {
    await using repository = await temporaryRepository();
    const retry = { attempts: 10, backoffSeconds: 0 };
    await repository.defineWorkflows({ broken: { ...shell('exit 1'), retry } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    supervisor.startWatching(500);
    const first = await supervisor.run({ workflowName: 'broken', directory: repository.path, message: '' });
    const last = await eventually(async () => {
      const [found] = await supervisor.recent({});
      return found?.retry?.stopped === 'fails_at_once' ? found : null;
    });
    expect(last).toMatchObject({ retry: { attempt: 3, of: 11, nextAt: null }, replacedBy: null });
    const attempts = await supervisor.attemptsOf(first.runId);
    expect(attempts).toEqual(await supervisor.attemptsOf(last.run.runId));
    expect(attempts.map(({ failuresAtOnce }) => failuresAtOnce)).toEqual([0, 1, 2]);
    expect((await supervisor.status(first.runId)).replacedBy).toBe(attempts[1]?.runId);
    expect(await supervisor.recent({})).toHaveLength(3);
  });

  test('is done by one of many, and taken over when that one crashes', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('sleep 2; exit 6') });
    await using scope = await testSupervisor(repository);
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    const raw = await eventually(() => existsSync(path.join(repository.stateFolder, 'warden.db')));
    expect(raw).toBe(true);
    await eventually(async () => {
      const database = new Database(path.join(repository.stateFolder, 'warden.db'), { readonly: true });
      try {
        return database.prepare('SELECT count(*) FROM supervisors').pluck().get() === 1;
      } finally {
        database.close();
      }
    });
    scope.supervisor.startWatching(1_000);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    expect(scope.supervisor.isWatching).toBe(false);
    await other.crash();
    await eventually(() => scope.supervisor.isWatching);
    const ended = await eventually(async () => {
      const [report] = await scope.supervisor.recent({});
      return report?.run.status === 'failed' ? report.run : null;
    });
    expect(ended).toMatchObject({ runId: run.runId, exitCode: 6 });
    expect(scope.failures).toEqual([]);
  });
});
