import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

describe('a run', () => {
  test('works in a worktree of its own, on a branch of its own, and its exit code is known', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ writer: shell('echo "$WARDEN_MESSAGE" > written.txt; echo done; exit 3') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const run = await supervisor.run({
      workflowName: 'writer',
      directory: repository.path,
      message: 'a "quoted" $(line)',
    });
    const { run: ended, lastLine } = await supervisor.wait(run.runId);
    expect(ended).toMatchObject({ status: 'failed', exitCode: 3, reason: { code: 'exit_code', exitCode: 3 } });
    expect(lastLine).toBe('done');
    expect(await readFile(path.join(ended.worktree!.path, 'written.txt'), 'utf8')).toBe('a "quoted" $(line)\n');
    expect(existsSync(path.join(repository.path, 'written.txt'))).toBe(false);
    expect(await repository.git('-C', ended.worktree!.path, 'branch', '--show-current')).toBe(ended.worktree!.branch);
    expect(scope.failures).toEqual([]);
  });

  test('keeps its state for its owner alone', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ quick: shell('true') });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
    await scope.supervisor.wait(run.runId);
    const modes = await Promise.all(
      ['', 'warden.db', `runs/${run.runId}`, `runs/${run.runId}/output.log`, `runs/${run.runId}/exit`].map(
        async (name) => (await stat(path.join(repository.stateFolder, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o600, 0o700, 0o600, 0o600]);
  });

  test('goes on when the supervisor that started it is gone, and the next one takes its exit code', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ slow: shell('sleep 0.5; exit 7') });
    await using later = await testSupervisor(repository);
    const first = await testSupervisor(repository);
    const run = await first.supervisor.run({ workflowName: 'slow', directory: repository.path, message: '' });
    await first.supervisor.dispose();
    expect(processesOf(run.runId).length).toBeGreaterThan(0);
    const { run: ended } = await later.supervisor.wait(run.runId);
    expect(ended).toMatchObject({ status: 'failed', exitCode: 7 });
  });

  test('that leaves processes behind is over only when they are ended too', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ leaver: shell('setsid sleep 600 & exit 0') });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'leaver', directory: repository.path, message: '' });
    const { run: ended } = await scope.supervisor.wait(run.runId);
    expect(ended).toMatchObject({ status: 'completed', exitCode: 0 });
    expect(processesOf(run.runId)).toEqual([]);
  });
});

describe('a kill', () => {
  test.each([
    ['a plain command', { command: ['sleep', '600'] }, 'graceful', 'terminated'],
    ['a shell with children', shell('sleep 600 & sleep 600 & wait'), 'graceful', 'terminated'],
    ['a child in a session of its own', shell('setsid sleep 600 & sleep 600'), 'graceful', 'terminated'],
    ['a stopped process', shell('sleep 600 & kill -STOP $!; wait'), 'graceful', 'terminated'],
    [
      'everyone ignoring SIGTERM',
      shell("trap '' TERM; setsid sh -c 'while :; do sleep 1; done' & while :; do sleep 1; done"),
      'system',
      'killed',
    ],
  ] as const)('ends %s and proves it', async (_, workflow, method, status) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ victim: workflow });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'victim', directory: repository.path, message: '' });
    await eventually(() => processesOf(run.runId).length > 1);
    const report = await scope.supervisor.kill(run.runId, { why: 'a test' });
    expect(processesOf(run.runId)).toEqual([]);
    expect(report).toMatchObject({ success: true, method, survivors: [], sessionUpdated: true, auditLogged: true });
    const { run: ended } = await scope.supervisor.status(run.runId);
    expect(ended).toMatchObject({ status, killMethod: method, reason: { code: 'killed', why: 'a test' } });
    expect(existsSync(ended.worktree!.path)).toBe(true);
    const entries = await scope.supervisor.audit({ runId: run.runId });
    expect(entries.filter(({ action, outcome }) => action === 'kill' && outcome === 'done')).toHaveLength(1);
  });

  test('with force does not wait', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ victim: shell("trap '' TERM; while :; do sleep 1; done") });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'victim', directory: repository.path, message: '' });
    const report = await scope.supervisor.kill(run.runId, { force: true });
    expect(report).toMatchObject({ success: true, method: 'system', stages: [{ stage: 'system' }] });
  });

  test('asked for a hundred times at once is one kill, and everyone gets its report', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ victim: { command: ['sleep', '600'] } });
    await using one = await testSupervisor(repository);
    await using other = await testSupervisor(repository);
    const run = await one.supervisor.run({ workflowName: 'victim', directory: repository.path, message: '' });
    const reports = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? one : other).supervisor.kill(run.runId)),
    );
    expect(new Set(reports.map((report) => JSON.stringify(report))).size).toBe(1);
    const entries = await one.supervisor.audit({ runId: run.runId, action: 'kill', limit: 1_000 });
    expect(entries.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    // Each attempt is written down: the one that decided, and of the others what they found.
    const asked = entries.filter(({ outcome }) => outcome === 'asked').map(({ facts }) => facts['status']);
    expect(asked).toHaveLength(100);
    expect(asked.filter((status) => status === undefined)).toHaveLength(1);
  });

  test('of a run that has ended by itself is refused and audited', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ quick: shell('true') });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
    await scope.supervisor.wait(run.runId);
    await expect(scope.supervisor.kill(run.runId)).rejects.toMatchObject({ code: 'run_is_over' });
    const entries = await scope.supervisor.audit({ runId: run.runId });
    expect(entries.at(-1)).toMatchObject({ action: 'kill', outcome: 'refused' });
  });
});

describe('ten at once in one repository', () => {
  test('all start, and killed at once all end; no process, branch, lock or folder is left but their worktrees', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ ten: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const runs = await Promise.all(
      Array.from({ length: 10 }, () =>
        supervisor.run({ workflowName: 'ten', directory: repository.path, message: '' }),
      ),
    );
    expect(new Set(runs.map(({ worktree }) => worktree!.path)).size).toBe(10);
    const reports = await Promise.all(runs.map(({ runId }) => supervisor.kill(runId)));
    expect(reports.every(({ success }) => success)).toBe(true);
    expect(runs.flatMap(({ runId }) => processesOf(runId))).toEqual([]);
    const { removed, kept } = await supervisor.cleanup({ directory: repository.path, dryRun: false, maxAgeHours: 0 });
    expect(kept).toEqual([]);
    expect(removed).toHaveLength(10);
    expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
    expect(await repository.git('worktree', 'list', '--porcelain')).not.toContain('ten-');
    expect(scope.failures).toEqual([]);
  });
});

describe('a restart', () => {
  test('proves the old run gone and starts a new one that names it', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const old = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: 'the same' });
    const restarted = await scope.supervisor.restart(old.runId);
    expect(processesOf(old.runId)).toEqual([]);
    expect(restarted).toMatchObject({
      status: 'running',
      restartedFrom: old.runId,
      message: 'the same',
      baseCommit: old.baseCommit,
    });
    expect((await scope.supervisor.status(old.runId)).run.status).toBe('terminated');
  });
});

describe('completing by hand', () => {
  test('stops the processes and says completed', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    const ended = await scope.supervisor.complete(run.runId, { becomes: 'completed', why: 'good enough' });
    expect(ended).toMatchObject({ status: 'completed', reason: { code: 'completed_by_hand', why: 'good enough' } });
    expect(processesOf(run.runId)).toEqual([]);
  });
});
