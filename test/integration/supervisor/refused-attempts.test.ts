import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { WardenError } from '../../../src/core/errors.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const unknown = 'run_0123456789ab';

test('what somebody wants and cannot have is audited, whatever it is, and nothing is done', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ hang: shell('sleep 600'), missing: { command: ['no-such-program-anywhere'] } });
  await using scope = await testSupervisor(repository);
  const directory = repository.path;
  const start = { workflowName: 'hang', directory, message: '' };
  const ended = await scope.supervisor.run(start);
  await scope.supervisor.kill(ended.runId, { force: true });
  await scope.supervisor.settled();
  const attempts: readonly (readonly [string, string, (supervisor: Supervisor) => Promise<unknown>])[] = [
    ['launch', 'unknown_workflow', (one) => one.run({ ...start, workflowName: 'hnag' })],
    ['launch', 'not_a_repository', (one) => one.run({ ...start, directory: path.dirname(directory) })],
    ['launch', 'base_not_found', (one) => one.run({ ...start, base: 'nowhere' })],
    ['launch', 'unknown_run', (one) => one.run({ ...start, after: [unknown] })],
    ['launch', 'command_not_found', (one) => one.run({ ...start, workflowName: 'missing' })],
    ['restart', 'no_checkpoint', (one) => one.restart(ended.runId, { resume: { checkpoint: 9 } })],
    ['restart', 'unknown_run', (one) => one.restart(unknown)],
    ['checkpoint', 'no_worktree', (one) => one.checkpoint(ended.runId, '/elsewhere')],
    ['cleanup', 'not_a_repository', (one) => one.cleanup({ directory: path.dirname(directory), dryRun: false })],
    ['revoke_key', 'unknown_key', (one) => one.revokeKey('000000000000')],
    ['answer', 'unknown_request', (one) => one.answerRequest(4711, 'approve')],
  ];
  const acting = [scope.supervisor, scope.supervisor.actingAs({ user: 'ci', face: 'http', role: 'admin' })];
  for (const supervisor of acting) {
    for (const [action, refusal, attempt] of attempts) {
      const [last] = await scope.supervisor.audit({ limit: 1 });
      await expect(attempt(supervisor)).rejects.toMatchObject({ code: refusal });
      const entries = await scope.supervisor.audit({ after: last!.entry });
      expect(entries).toMatchObject([{ action, outcome: 'refused', facts: { refusal } }]);
    }
  }
  expect((await scope.supervisor.list({})).runs).toHaveLength(1);
});

test('nothing is ended for a restart that cannot be done then', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ hang: shell('sleep 600') });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId } = await supervisor.run({ workflowName: 'hang', directory: repository.path, message: '' });
  const refused = async (code: string, options = {}): Promise<void> => {
    await expect(supervisor.restart(runId, options)).rejects.toMatchObject({ code });
    expect((await supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
  };

  await refused('no_checkpoint', { resume: { checkpoint: 9 } });
  await repository.defineWorkflows({ hang: { command: ['no-such-program-anywhere'] } });
  await refused('command_not_found');
  await writeFile(path.join(repository.path, '.vscode', 'workflows.json'), '{');
  await refused('invalid_workflows');
});

test('a repository that goes while it is looked at is told as gone', async () => {
  await using repository = await temporaryRepository();
  const fail = async (): Promise<never> => {
    await rm(path.join(repository.path, '.git'), { recursive: true });
    throw new WardenError('git_failed', { operation: 'list worktrees', detail: 'whatever it says' });
  };
  await using scope = await testSupervisor(repository, ({ worktrees }) => ({
    worktrees: { ...worktrees, list: fail, others: fail },
  }));
  const directory = repository.path;
  for (const look of [
    () => scope.supervisor.worktrees({ directory, sizes: 'known' }),
    () => scope.supervisor.cleanup({ directory, dryRun: false }),
    () => scope.supervisor.otherWorktrees(directory),
  ]) {
    await repository.git('init', '--quiet');
    await expect(look()).rejects.toMatchObject({ code: 'not_a_repository' });
  }
});
