import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

async function stage(workflow: object) {
  const repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: { ...shell('echo x > work; exec sleep 1000'), ...workflow } });
  const found: { ports?: Ports } = {};
  const scope = await testSupervisor(repository, (ports) => {
    found.ports = ports;
    return {};
  });
  const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const worktree = run.worktree!.path;
  await eventually(() => existsSync(path.join(worktree, 'work')));
  return {
    ports: found.ports!,
    supervisor: scope.supervisor,
    failures: scope.failures,
    run,
    worktree,
    [Symbol.asyncDispose]: async () => {
      await scope[Symbol.asyncDispose]();
      await repository[Symbol.asyncDispose]();
    },
  };
}

test('the work of a run that goes on is kept every so often, when something has changed, and written down', async () => {
  await using staged = await stage({ checkpointMinutes: 0.005 });
  const { supervisor, ports, run, worktree, failures } = staged;
  supervisor.startWatching(100);
  const taken = async (count: number) =>
    eventually(async () => {
      const checkpoints = await supervisor.checkpoints(run.runId);
      return checkpoints.length >= count ? checkpoints : null;
    });
  expect(await taken(1)).toMatchObject([{ number: 1, why: 'interval', files: 1 }]);
  // Several intervals in which nothing changes.
  await sleep(1_500);
  expect(await supervisor.checkpoints(run.runId)).toHaveLength(1);
  await writeFile(path.join(worktree, 'more'), 'x');
  const both = await taken(2);
  expect(both).toMatchObject([{ number: 1 }, { number: 2, why: 'interval', files: 2 }]);
  expect(await eventually(async () => (await ports.store.checkpoints(run.runId)).length === 2)).toBe(true);
  expect(await ports.store.checkpoints(run.runId)).toEqual(both);
  expect(failures).toEqual([]);
});

test('old checkpoints go by count, and what is left is written down and audited', async () => {
  await using staged = await stage({});
  const { supervisor, ports, run, worktree } = staged;
  for (let number = 1; number <= 12; number += 1) {
    await writeFile(path.join(worktree, 'work'), `${number}`);
    await ports.worktrees.checkpoint({ path: worktree, runId: run.runId, why: 'interval' });
  }
  await writeFile(path.join(worktree, 'work'), 'last');
  expect(await supervisor.checkpoint(run.runId)).toBe(`refs/warden/checkpoints/${run.runId}/13`);
  const left = await supervisor.checkpoints(run.runId);
  expect(left.map(({ number }) => number)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(await ports.store.checkpoints(run.runId)).toEqual(left);
  const pruned = (await supervisor.audit({ runId: run.runId })).find(({ action }) => action === 'prune checkpoints');
  expect(pruned?.facts).toMatchObject({ checkpoints: [{ ref: expect.stringContaining('/1') }, {}] });
});

test('what a restore that was cut off left is taken back by whoever watches next', async () => {
  await using staged = await stage({});
  const { supervisor, ports, run } = staged;
  const repository = await ports.worktrees.repositoryOf(run.repository);
  // As it stands before the first step, by a process of another boot of this machine.
  const by = { token: 'x', pid: 1, host: hostname(), bootId: 'gone', pidNamespace: null };
  const branch = `${run.worktree!.branch}-restored-1`;
  const restored = { checkpoint: 'ref', at: 1, path: `${run.worktree!.path}-restored-1`, by };
  const file = path.join(repository.gitDirectory, `warden-creating-${run.runId}-restored-1.json`);
  const mark = { version: 1, runId: run.runId, branch, baseCommit: run.baseCommit, restored };
  await writeFile(file, JSON.stringify({ ...mark, restored: { ...restored, by: { ...by, startTime: '1' } } }));
  supervisor.startWatching(100);
  await eventually(() => !existsSync(file));
});
