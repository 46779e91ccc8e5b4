import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeRunWarning, plainEnglish } from '../../../src/core/messages.ts';
import type { CopyProgress } from '../../../src/core/ports/worktrees.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

test('a run has the files that its workflow and its caller name, and says which patterns matched nothing', async () => {
  await using repository = await temporaryRepository();
  await writeFile(path.join(repository.path, '.git/info/exclude'), '.env*\n');
  for (const name of ['.env', '.env.local']) await writeFile(path.join(repository.path, name), name);
  await repository.defineWorkflows({ worker: { ...shell('sleep 600'), include: ['.env', '.enw'] } });
  await using scope = await testSupervisor(repository);
  const told: CopyProgress[] = [];
  const run = await scope.supervisor.run({
    workflowName: 'worker',
    directory: repository.path,
    message: '',
    include: ['.env.local', '*.nothing'],
    onProgress: (_step, _run, copied) => void (copied === undefined || told.push(copied)),
  });
  expect(await readFile(path.join(run.worktree!.path, '.env'), 'utf8')).toBe('.env');
  expect(await readFile(path.join(run.worktree!.path, '.env.local'), 'utf8')).toBe('.env.local');
  expect(told[0]).toEqual({ files: 1, bytes: 4 });
  expect(run.warnings).toEqual([{ code: 'nothing_included', pattern: '.enw' }]);
  expect((await scope.supervisor.status(run.runId)).run.warnings).toEqual(run.warnings);
  expect(describeRunWarning(run.warnings[0]!, plainEnglish)).toBe(
    'nothing that git ignores matches ".enw", so it was not copied into the worktree',
  );
});

test('a run is told of submodules that are empty in its worktree, unless its setup command has filled them', async () => {
  await using library = await temporaryRepository();
  await using repository = await temporaryRepository();
  const allowed = ['-c', 'protocol.file.allow=always'];
  for (const name of ['used', 'not used']) await repository.git(...allowed, 'submodule', 'add', library.path, name);
  await repository.git('commit', '--quiet', '-m', 'Submodules');
  await repository.git('submodule', 'deinit', '--force', 'not used');
  const setup = ['git', ...allowed, 'submodule', 'update', '--init', 'used'];
  await repository.defineWorkflows({ empty: shell('true'), filled: { ...shell('true'), setup } });
  await using scope = await testSupervisor(repository);
  const launch = async (workflowName: string) =>
    await scope.supervisor.run({ workflowName, directory: repository.path, message: '' });
  const { warnings } = await launch('empty');
  expect(warnings).toEqual([{ code: 'empty_submodule', path: 'used' }]);
  expect(describeRunWarning(warnings[0]!, plainEnglish)).toBe(
    'the submodule used is empty in the worktree: no setup command has filled it',
  );
  const filled = await launch('filled');
  expect(filled.warnings).toEqual([]);
  expect(existsSync(path.join(filled.worktree!.path, 'used/README.md'))).toBe(true);
});

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'a disk that fills up while files are copied fails the launch with the step, and nothing is left',
  async (context) => {
    await using repository = await temporaryRepository();
    await writeFile(path.join(repository.path, '.git/info/exclude'), 'big\n');
    await writeFile(path.join(repository.path, 'big'), Buffer.alloc(3_000_000, 'x'));
    await repository.defineWorkflows({ worker: { ...shell('true'), include: ['big'] } });
    const worktrees = `${repository.path}.worktrees`;
    await mkdir(worktrees);
    const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', worktrees]).catch(
      () => null,
    );
    if (mounted === null) return context.skip('NOT TESTED: a full disk, since it may not be mounted');
    try {
      await using scope = await testSupervisor(repository);
      const launch = scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
      await expect(launch).rejects.toMatchObject({ code: 'disk_full' });
      const [failed] = (await scope.supervisor.list({})).runs;
      expect(failed!.run).toMatchObject({
        status: 'failed',
        worktree: null,
        reason: { code: 'launch_failed', step: 'include' },
      });
      expect(existsSync(path.join(worktrees, `worker-${failed!.run.runId.slice(4)}`))).toBe(false);
      expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
      expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(1);
    } finally {
      await promisify(execFile)('umount', [worktrees]);
    }
    return undefined;
  },
);
