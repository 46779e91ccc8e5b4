import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const untilKilled =
  'test -e work || echo first > work; git add work; echo untracked > other; touch $WARDEN_RUN_DIR/ready; exec sleep 1000';

async function worked(repository: TemporaryRepository, supervisor: Supervisor): Promise<Run> {
  const run = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  while (!existsSync(path.join(repository.stateFolder, 'runs', run.runId, 'ready'))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return run;
}

const owners = async (repository: TemporaryRepository, supervisor: Supervisor) =>
  (await supervisor.worktrees({ directory: repository.path })).map(({ worktree, reasons }) => ({
    path: worktree.path,
    runId: worktree.runId,
    lock: worktree.lock?.reason,
    reasons: reasons.map(({ code }) => code),
  }));

test('a run is restarted in the same worktree, which is its own from then on', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell(untilKilled) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const old = await worked(repository, supervisor);
  writeFileSync(path.join(old.worktree!.path, 'work'), 'changed by the first\n');
  const again = await supervisor.restart(old.runId, { resume: 'worktree' });
  expect(again).toMatchObject({ status: 'running', restartedFrom: old.runId, worktree: old.worktree });
  expect(readFileSync(path.join(again.worktree!.path, 'work'), 'utf8')).toBe('changed by the first\n');
  expect((await supervisor.status(old.runId)).run).toMatchObject({ status: 'terminated', worktree: null });
  expect(await owners(repository, supervisor)).toEqual([
    {
      path: old.worktree!.path,
      runId: again.runId,
      lock: `workflow-warden ${again.runId}`,
      reasons: expect.arrayContaining(['active']),
    },
  ]);
  // What it held before is kept, and it is not the old run's any more.
  expect((await supervisor.checkpoints(old.runId)).length).toBeGreaterThan(0);
  await supervisor.kill(again.runId);
  await expect(supervisor.restart(old.runId, { resume: 'worktree' })).rejects.toMatchObject({ code: 'no_worktree' });
  const third = await supervisor.restart(again.runId, { resume: 'worktree' });
  expect(third.worktree).toEqual(old.worktree);
  await supervisor.kill(third.runId);
  await supervisor.settled();
  const report = await supervisor.cleanup({ directory: repository.path, dryRun: false, force: true });
  expect(report.removed).toMatchObject([{ runId: third.runId, path: old.worktree!.path }]);
  expect((await supervisor.status(third.runId)).run.worktree).toBeNull();
  const restored = await supervisor.restore(third.runId);
  expect(readFileSync(path.join(restored.path, 'work'), 'utf8')).toBe('changed by the first\n');
});

test('a run is restarted from a checkpoint in a worktree of its own, with what was staged', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell(untilKilled) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const old = await worked(repository, supervisor);
  const again = await supervisor.restart(old.runId, { resume: { checkpoint: null } });
  expect(again.worktree!.path).not.toBe(old.worktree!.path);
  expect(readFileSync(path.join(again.worktree!.path, 'work'), 'utf8')).toBe('first\n');
  expect(await repository.git('-C', again.worktree!.path, 'status', '--porcelain')).toBe('A  work\n?? other');
  expect(await repository.git('-C', again.worktree!.path, 'branch', '--show-current')).toBe(again.worktree!.branch);
  expect((await supervisor.status(old.runId)).run.worktree).toEqual(old.worktree);
  const missing = supervisor.restart(old.runId, { resume: { checkpoint: 99 } });
  await expect(missing).rejects.toMatchObject({ code: 'no_checkpoint' });
});

test('a run is restarted from what it has committed, though an older checkpoint is the last', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell(untilKilled) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId, worktree } = await worked(repository, supervisor);
  await supervisor.checkpoint(runId);
  writeFileSync(path.join(worktree!.path, 'work'), 'second\n');
  await repository.git('-C', worktree!.path, 'add', '.');
  await repository.git('-C', worktree!.path, 'commit', '--quiet', '--message', 'All of it');
  const again = await supervisor.restart(runId, { resume: { checkpoint: null } });
  expect(readFileSync(path.join(again.worktree!.path, 'work'), 'utf8')).toBe('second\n');
  expect(await repository.git('-C', again.worktree!.path, 'log', '-1', '--format=%s')).toBe('All of it');
  expect(await repository.git('-C', again.worktree!.path, 'status', '--porcelain')).toBe('');
});

test('a run of which nothing can be kept is not ended for a restart from its last checkpoint', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell('touch $WARDEN_RUN_DIR/ready; exec sleep 1000') });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId } = await worked(repository, supervisor);
  const refused = supervisor.restart(runId, { resume: { checkpoint: null } });
  await expect(refused).rejects.toMatchObject({ code: 'no_checkpoint' });
  expect((await supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
});

test('a worktree in which somebody works is not taken over', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell('echo x > work') });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const { run } = await supervisor.wait(runId);
  const guest = spawn('sleep', ['1000'], { cwd: run.worktree!.path });
  try {
    const refused = supervisor.restart(runId, { resume: 'worktree' });
    await expect(refused).rejects.toMatchObject({ code: 'worktree_occupied', facts: { pid: guest.pid } });
    expect((await supervisor.list({})).runs).toHaveLength(1);
  } finally {
    guest.kill('SIGKILL');
    await once(guest, 'exit');
  }
});

test('a run is not ended to be restarted in a worktree in which somebody else works, or that is still being made', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({
    worker: shell(untilKilled),
    slow: { ...shell('true'), setup: ['sh', '-c', 'touch $WARDEN_RUN_DIR/ready; exec sleep 1000'] },
  });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId, worktree } = await worked(repository, supervisor);
  const guest = spawn('sleep', ['1000'], { cwd: worktree!.path });
  try {
    const refused = supervisor.restart(runId, { resume: 'worktree' });
    await expect(refused).rejects.toMatchObject({ code: 'worktree_occupied', facts: { pid: guest.pid } });
    expect((await supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
  } finally {
    guest.kill('SIGKILL');
    await once(guest, 'exit');
  }
  const launching = supervisor.run({ workflowName: 'slow', directory: repository.path, message: '' });
  const pending = await eventually(async () => {
    const [report] = await supervisor.recent({ statuses: ['pending'] });
    return report !== undefined && report.run.worktree !== null ? report.run : null;
  });
  const early = supervisor.restart(pending.runId, { resume: 'worktree' });
  await expect(early).rejects.toMatchObject({ code: 'no_worktree' });
  expect((await supervisor.status(pending.runId)).run).toMatchObject({ status: 'pending', stop: null });
  await supervisor.kill(pending.runId);
  await launching;
});

test('a run whose worktree was removed by hand is not ended for it, and restarted from what was kept before', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell(untilKilled) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId, worktree } = await worked(repository, supervisor);
  expect(await supervisor.checkpoint(runId)).not.toBe(null);
  await rm(worktree!.path, { recursive: true });
  const refused = supervisor.restart(runId, { resume: 'worktree' });
  await expect(refused).rejects.toMatchObject({ code: 'no_worktree' });
  expect((await supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
  const again = await supervisor.restart(runId, { resume: { checkpoint: null } });
  expect(readFileSync(path.join(again.worktree!.path, 'work'), 'utf8')).toBe('first\n');
});

test('a launch that fails gives the worktree back as it was', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: shell('echo x > work') });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const { run } = await supervisor.wait(runId);
  await repository.defineWorkflows({ worker: { ...shell('exit 0'), setup: ['sh', '-c', 'echo y > made; exit 3'] } });
  await expect(supervisor.restart(runId, { resume: 'worktree' })).rejects.toMatchObject({
    code: 'launch_failed',
    facts: { step: 'setup' },
  });
  expect((await supervisor.status(runId)).run.worktree).toEqual(run.worktree);
  expect(readFileSync(path.join(run.worktree!.path, 'work'), 'utf8')).toBe('x\n');
  expect(await owners(repository, supervisor)).toMatchObject([
    { path: run.worktree!.path, runId, lock: `workflow-warden ${runId}` },
  ]);
  await repository.defineWorkflows({ worker: shell('exit 0') });
  const again = await supervisor.restart(runId, { resume: 'worktree' });
  expect((await supervisor.wait(again.runId)).run).toMatchObject({ status: 'completed', worktree: run.worktree });
});
