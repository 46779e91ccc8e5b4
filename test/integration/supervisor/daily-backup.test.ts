import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

test('whoever watches takes a backup, and a database that is gone comes back from it with all that came after', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ sleeper: { command: ['sleep', '600'] } });
  const launch = { workflowName: 'sleeper', directory: repository.path, message: 'the message' };
  const backups = path.join(repository.stateFolder, 'backups');
  const taken = async (): Promise<readonly string[]> =>
    (await readdir(backups).catch(() => [])).filter((name) => name.endsWith('.db'));
  await using first = await testSupervisor(repository, undefined, { leavesRuns: true });
  const { supervisor } = first;
  const before = await supervisor.run(launch);
  expect(await taken()).toEqual([]);
  supervisor.startWatching(500);
  await eventually(async () => (await taken()).length === 1);
  const { key, text } = await supervisor.createKey({ name: 'script', role: 'admin' });
  const after = await supervisor.run(launch);
  await supervisor.kill(before.runId, { why: 'enough' });

  await rm(path.join(repository.stateFolder, 'warden.db'));
  await using second = await testSupervisor(repository);
  const statusOf = async (runId: string): Promise<string> => (await second.supervisor.status(runId)).run.status;
  expect(await statusOf(before.runId)).toBe('terminated');
  expect(await statusOf(after.runId)).toBe('running');
  expect((await second.supervisor.status(before.runId)).run.killReport).toMatchObject({ success: true, survivors: [] });
  expect(await second.supervisor.kill(after.runId)).toMatchObject({ success: true, survivors: [] });
  expect(processesOf(after.runId)).toEqual([]);
  expect(await second.supervisor.verifyAudit()).toMatchObject({ problems: [] });
  // It was made after the backup, which alone could hold it.
  expect((await second.supervisor.keys()).map(({ id }) => id)).not.toContain(key.id);
  expect(text).toContain(key.id);
  const told = [...first.failures, ...second.failures];
  expect(told).toMatchObject([{ error: { code: 'database_rebuilt', facts: { missingEntries: 0, refusedKeys: 0 } } }]);
});
