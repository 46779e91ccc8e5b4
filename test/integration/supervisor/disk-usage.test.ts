import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/supervisor/world.ts';
import { shell, type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

/** 2 MB that no file system can make smaller. */
const worker = shell('head -c 2000000 /dev/urandom > big');

async function finished({ supervisor }: TestSupervisor, directory: string): Promise<void> {
  const { runId } = await supervisor.run({ workflowName: 'worker', directory, message: '' });
  await supervisor.wait(runId);
}

/** Counts measurements. @param clock by how many milliseconds it is ahead */
const counting = (counted: { folders: number }, clock: { ahead: number }) => (ports: Ports) => ({
  clock: { ...ports.clock, now: () => ports.clock.now() + clock.ahead },
  worktrees: {
    ...ports.worktrees,
    sizesOf: (paths: readonly string[], signal: AbortSignal) => {
      counted.folders += paths.length;
      return ports.worktrees.sizesOf(paths, signal);
    },
  },
});

const all = ({ path: directory }: TemporaryRepository) => ({ directory, maxAgeHours: 0, force: true });

test('worktrees are measured once, again when that is old, and what was removed counts no more', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker });
  const [counted, clock] = [{ folders: 0 }, { ahead: 0 }];
  await using stage = await testSupervisor(repository, counting(counted, clock));
  const { supervisor } = stage;
  const directory = repository.path;
  expect(await supervisor.disk({ directory, measure: true })).toEqual({ usage: null, budgets: [] });
  await finished(stage, directory);
  await finished(stage, directory);

  const unknown = await supervisor.worktrees({ directory, sizes: 'known' });
  expect(unknown.map(({ bytes }) => bytes)).toEqual([null, null]);
  const [, { usage }] = await Promise.all([
    supervisor.worktrees({ directory }),
    supervisor.disk({ directory, measure: true }),
    supervisor.disk({ directory, measure: true }),
  ]);
  expect(usage?.bytes).toBeGreaterThan(4_000_000);
  expect(counted.folders).toBe(2);
  const known = await supervisor.worktrees({ directory, sizes: 'known' });
  for (const { bytes } of known) expect(bytes).toBeGreaterThan(2_000_000);

  clock.ahead = 11 * 60_000;
  await supervisor.disk({ directory, measure: false });
  expect(counted.folders).toBe(2);
  await supervisor.disk({ directory, measure: true });
  expect(counted.folders).toBe(4);

  const [first] = known;
  await supervisor.cleanup({ ...all(repository), only: [first!.worktree.path], dryRun: false });
  const after = await supervisor.disk({ directory, measure: true });
  expect(after.usage?.worktrees.length).toBe(1);
  expect(after.usage?.bytes).toBeLessThan(4_000_000);
  expect(counted.folders).toBe(4);
  await supervisor.cleanup({ ...all(repository), dryRun: false });
  expect((await supervisor.disk({ directory, measure: false })).usage).toBe(null);
});

test('a budget warns: of the repository by its file, of all by the file in the state folder', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker }, { worktreeBudgetGigabytes: 0.001 });
  await using stage = await testSupervisor(repository);
  const { supervisor } = stage;
  const directory = repository.path;
  await finished(stage, directory);
  expect(await supervisor.alerts()).toEqual([]);
  await mkdir(repository.stateFolder, { recursive: true });
  const userFile = path.join(repository.stateFolder, 'workflows.json');
  await writeFile(userFile, '{ "worktreeBudgetGigabytes": 1, "workflows": {} }');

  const { usage, budgets } = await supervisor.disk({ directory, measure: true });
  const bytes = usage!.bytes;
  expect(budgets).toEqual([
    { repository: null, bytes, budgetBytes: 1e9 },
    { repository: directory, bytes, budgetBytes: 1e6 },
  ]);
  const ofRepository = { code: 'over_budget', level: 'warning', repository: directory, bytes, budgetBytes: 1e6 };
  expect(await supervisor.alerts()).toEqual([ofRepository]);

  await writeFile(userFile, '{ "worktreeBudgetGigabytes": 0.002, "workflows": {} }');
  const ofAll = { code: 'over_budget', level: 'warning', repository: null, bytes, budgetBytes: 2e6 };
  expect(await supervisor.alerts()).toEqual([ofAll, ofRepository]);

  await writeFile(userFile, '{ "worktreeBudgetGigabytes": -1, "workflows": {} }');
  expect(await supervisor.alerts()).toMatchObject([{ code: 'not_known', about: 'budgets' }]);
  // What there is can be listed all the same.
  expect(await supervisor.disk({ directory, measure: false })).toMatchObject({
    usage: { bytes },
    budgets: [{ repository: directory }],
  });
  await writeFile(userFile, '{ "worktreeBudgetGigabytes": 1, "workflows": {} }');

  await supervisor.cleanup({ ...all(repository), dryRun: false });
  expect(await supervisor.alerts()).toEqual([]);
});
