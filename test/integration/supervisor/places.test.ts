import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const execute = promisify(execFile);

const launchOf = ({ path: directory }: TemporaryRepository) => ({ workflowName: 'worker', directory, message: '' });

/** Mounts a file system of its own where worktrees are to be made. @returns null when it may not */
async function mountWorktrees(repository: TemporaryRepository, options: string): Promise<AsyncDisposable | null> {
  const folder = `${repository.path}.worktrees`;
  await mkdir(folder);
  const mounted = await execute('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).catch(() => null);
  if (mounted === null) return null;
  return { [Symbol.asyncDispose]: async () => void (await execute('umount', [folder])) };
}

async function expectNothingMade(repository: TemporaryRepository): Promise<void> {
  expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
  expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(1);
  expect((await readdir(`${repository.path}/.git`)).filter((name) => name.startsWith('warden'))).toEqual([]);
}

describe.skipIf(process.platform !== 'linux')('a run whose worktree is to be', () => {
  test('on another file system starts there, and is cleaned up there', async (context) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('echo work > new') });
    await using mount = await mountWorktrees(repository, 'size=8m');
    if (mount === null) return context.skip('NOT TESTED: another file system, since none may be mounted');
    await using scope = await testSupervisor(repository);
    const { runId } = await scope.supervisor.run(launchOf(repository));
    await scope.supervisor.wait(runId);
    const request = { directory: repository.path, maxAgeHours: 0, force: true, dryRun: false };
    const { removed, kept } = await scope.supervisor.cleanup(request);
    expect(kept).toEqual([]);
    expect(await repository.git('show', `${removed[0]!.checkpoint}:new`)).toBe('work');
    return undefined;
  });

  test('behind a link is kept at a kill, restored beside it, and cleaned up; the link stays', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('echo work > new; exec sleep 600') });
    const elsewhere = `${repository.path}-elsewhere`;
    await mkdir(elsewhere);
    await symlink(elsewhere, `${repository.path}.worktrees`);
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId, worktree } = await supervisor.run(launchOf(repository));
    expect(worktree?.path).toMatch(`${elsewhere}/worker-`);
    await eventually(() => existsSync(`${worktree?.path}/new`));
    await supervisor.kill(runId, { force: true });
    await eventually(async () => (await repository.git('for-each-ref', 'refs/warden')).includes(runId));
    await supervisor.restore(runId);
    const request = { directory: repository.path, maxAgeHours: 0, force: true, dryRun: false };
    const { removed } = await supervisor.cleanup(request);
    expect(removed.map(({ path }) => path).sort()).toEqual([worktree?.path, `${worktree?.path}-restored-1`]);
    expect(scope.failures).toEqual([]);
    await eventually(async () => (await readdir(elsewhere)).length === 0);
    expect(existsSync(`${repository.path}.worktrees`)).toBe(true);
  });

  test('where nothing can be written says why, and nothing is left', async (context) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('true') });
    await using mount = await mountWorktrees(repository, 'ro');
    if (mount === null) return context.skip('NOT TESTED: a read-only file system, since none may be mounted');
    await using scope = await testSupervisor(repository);
    await expect(scope.supervisor.run(launchOf(repository))).rejects.toMatchObject({
      code: 'launch_failed',
      facts: { step: 'worktree', detail: expect.stringMatching(/read-only file system/i) },
    });
    await expectNothingMade(repository);
    return undefined;
  });

  test('of a repository that has moved meanwhile is not made, and the next launch in its new place is', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('true') });
    await using scope = await testSupervisor(repository);
    const before = await scope.supervisor.run(launchOf(repository));
    await scope.supervisor.wait(before.runId);
    await scope.supervisor.cleanup({ directory: repository.path, maxAgeHours: 0, dryRun: false });
    const moved = `${repository.path}-moved`;
    await rename(repository.path, moved);
    try {
      await expect(scope.supervisor.run(launchOf(repository))).rejects.toMatchObject({ code: 'not_a_repository' });
      await expect(scope.supervisor.restart(before.runId)).rejects.toMatchObject({ code: 'not_a_repository' });
      expect(existsSync(repository.path)).toBe(false);
      const run = await scope.supervisor.run({ ...launchOf(repository), directory: moved });
      expect(run).toMatchObject({ status: 'running', repository: moved });
      await scope.supervisor.wait(run.runId);
    } finally {
      await rm(`${moved}.worktrees`, { recursive: true, force: true });
    }
  });

  test('from a base that does not exist, or is no commit, is not made', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('true') });
    await using scope = await testSupervisor(repository);
    const tree = await repository.git('rev-parse', 'HEAD^{tree}');
    for (const base of ['no-such-branch', '--all', tree, 'HEAD~99', '']) {
      const launch = scope.supervisor.run({ ...launchOf(repository), base });
      await expect(launch).rejects.toMatchObject({ code: 'base_not_found', facts: { base } });
    }
    expect((await scope.supervisor.list({})).runs).toEqual([]);
    await expectNothingMade(repository);
  });
});
