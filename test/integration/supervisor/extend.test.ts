import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

describe('more time for a run', () => {
  test('takes it out of its limit, for every window and command', async () => {
    await using repository = await temporaryRepository();
    const timeoutMinutes = 1 / 60;
    await repository.defineWorkflows({ late: { ...shell('sleep 600'), timeoutMinutes, onTimeout: 'notify' } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'late', directory: repository.path, message: '' });
    await eventually(async () => (await supervisor.status(runId)).health.level === 'critical');

    await supervisor.extend(runId, 60);

    await using other = await testSupervisor(repository, undefined, { leavesRuns: true });
    const { run, health } = await other.supervisor.status(runId);
    expect(health.level).toBe('healthy');
    // From when it was asked for, since the limit had passed by then.
    expect(run.extraMinutes).toBeGreaterThan(60);
    expect(await supervisor.audit({ runId })).toContainEqual(
      expect.objectContaining({ action: 'extend', outcome: 'done', facts: expect.objectContaining({ minutes: 60 }) }),
    );
  });

  test('adds up, however many give it at once', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ hang: { ...shell('sleep 600'), timeoutMinutes: 10 } });
    await using scope = await testSupervisor(repository);
    await using other = await testSupervisor(repository, undefined, { leavesRuns: true });
    const { runId } = await scope.supervisor.run({ workflowName: 'hang', directory: repository.path, message: '' });
    const supervisors = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? scope : other).supervisor);

    await Promise.all(supervisors.map((supervisor) => supervisor.extend(runId, 1.5)));

    expect((await scope.supervisor.status(runId)).run.extraMinutes).toBe(15);
  });

  test('is refused to one that is over, and where it is no time', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ hang: shell('sleep 600'), brief: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const start = (workflowName: string) => supervisor.run({ workflowName, directory: repository.path, message: '' });
    const [{ runId: brief }, { runId: hang }] = await Promise.all([start('brief'), start('hang')]);
    await supervisor.wait(brief);

    await expect(supervisor.extend(brief, 10)).rejects.toMatchObject({ code: 'run_is_over' });
    expect((await supervisor.audit({ runId: brief })).at(-1)).toMatchObject({ action: 'extend', outcome: 'refused' });
    await expect(supervisor.extend('run_000000000000', 10)).rejects.toMatchObject({ code: 'unknown_run' });
    for (const minutes of [0, -1, Number.NaN, Infinity, 1_000_000])
      await expect(supervisor.extend(hang, minutes)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('is refused to one that is being killed', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ stubborn: { ...shell("trap '' TERM; echo up; sleep 600 & wait; wait") } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'stubborn', directory: repository.path, message: '' });
    await eventually(async () => (await supervisor.status(runId)).lastLine === 'up');
    const killed = supervisor.kill(runId);
    await eventually(async () => (await supervisor.status(runId)).run.status === 'terminating');

    await expect(supervisor.extend(runId, 10)).rejects.toMatchObject({ code: 'run_is_ending' });
    await killed;
  });
});
