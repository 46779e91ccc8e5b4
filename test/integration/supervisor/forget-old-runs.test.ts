import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

const day = 24 * 3_600_000;

async function ended(repository: TemporaryRepository, supervisor: Supervisor, line: string): Promise<Run> {
  await repository.defineWorkflows({ worker: shell(line) });
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  return (await supervisor.wait(runId)).run;
}

/** Somebody who watches so many days later, and has made the daily pass. */
async function daysLater(repository: TemporaryRepository, days: number): Promise<TestSupervisor> {
  const now = (): number => Date.now() + days * day;
  const later = await testSupervisor(repository, ({ clock, store }: Ports) => ({
    clock: {
      now,
      monotonic: () => clock.monotonic(),
      turn: () => clock.turn(),
      sleep: (duration, signal) => clock.sleep(duration, signal),
    },
    store: new Proxy(store, {
      get: (target, name) => {
        if (name === 'takeDailyPass') return () => Promise.resolve(true);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
  }));
  later.supervisor.startWatching(1_000);
  return later;
}

const known = async (supervisor: Supervisor): Promise<readonly string[]> =>
  (await supervisor.list({ limit: 100 })).runs.map(({ run }) => run.runId);

test('old runs of which nothing is left are forgotten where the user wants that; the audit log keeps what was done', async () => {
  await using repository = await temporaryRepository();
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const clean = await ended(repository, supervisor, 'true');
  const dirty = await ended(repository, supervisor, 'echo x > work');
  const kept = await ended(repository, supervisor, 'echo x > work');
  await supervisor.cleanup({
    directory: repository.path,
    only: [kept.worktree!.path],
    dryRun: false,
    maxAgeHours: 0,
    force: true,
    why: 'test',
  });
  expect(existsSync(kept.worktree!.path)).toBe(false);
  const all = [clean, dirty, kept].map(({ runId }) => runId);
  const backups = async (): Promise<readonly string[]> =>
    (await readdir(path.join(repository.stateFolder, 'backups')).catch(() => [])).filter((name) =>
      name.endsWith('.db'),
    );
  const folderOf = ({ runId }: Run): string => path.join(repository.stateFolder, 'runs', runId);
  {
    await using later = await daysLater(repository, 100);
    await eventually(() => !existsSync(clean.worktree!.path));
    await eventually(async () => (await backups()).length > 0);
    await later.supervisor.settled();
    expect((await known(later.supervisor)).toSorted()).toEqual(all.toSorted());
  }
  const copy = `${repository.stateFolder}-copy`;
  await cp(folderOf(clean), copy, { recursive: true });
  await mkdir(repository.stateFolder, { recursive: true });
  await writeFile(path.join(repository.stateFolder, 'workflows.json'), '{ "keepRunsDays": 90, "workflows": {} }');
  {
    await using early = await daysLater(repository, 80);
    await early.supervisor.settled();
    expect((await known(early.supervisor)).toSorted()).toEqual(all.toSorted());
  }
  {
    await using later = await daysLater(repository, 100);
    await eventually(() => !existsSync(folderOf(clean)));
    expect((await known(later.supervisor)).toSorted()).toEqual([dirty.runId, kept.runId].toSorted());
    expect([dirty, kept].map((run) => existsSync(folderOf(run)))).toEqual([true, true]);
    const actions = (await later.supervisor.audit({ runId: clean.runId })).map(({ action }) => action);
    expect(actions[0]).toBe('launch');
    expect(actions.at(-1)).toBe('forget_run');
  }

  // A crash came before its folder went.
  await cp(copy, folderOf(clean), { recursive: true });
  await rm(copy, { recursive: true });
  await using again = await daysLater(repository, 102);
  await eventually(() => !existsSync(folderOf(clean)));
  // It is in the backup.
  await rm(path.join(repository.stateFolder, 'warden.db'));
  expect((await known(again.supervisor)).toSorted()).toEqual([dirty.runId, kept.runId].toSorted());
  expect(await again.supervisor.verifyAudit()).toMatchObject({ problems: [] });
});
