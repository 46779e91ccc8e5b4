import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const launchOf = ({ path: directory }: TemporaryRepository) => ({ workflowName: 'worker', directory, message: '' });

/** A `post-checkout` hook, from a folder that `core.hooksPath` names relative to the worktree. */
async function defineHook(repository: TemporaryRepository, script: string): Promise<void> {
  const hook = path.join(repository.path, 'hooks', 'post-checkout');
  await mkdir(path.dirname(hook));
  await writeFile(hook, `#!/bin/sh\n${script}\n`);
  await chmod(hook, 0o755);
  await repository.git('add', '.');
  await repository.git('commit', '--quiet', '-m', 'Hook');
  await repository.git('config', 'core.hooksPath', 'hooks');
  await repository.defineWorkflows({ worker: shell('sleep 600') });
}

async function expectNothingMade(repository: TemporaryRepository): Promise<void> {
  expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
  expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(1);
  expect(existsSync(`${repository.path}.worktrees`)).toBe(false);
}

/** Hangs, with a child that writes into the worktree all the time; `begun` has the pid of that child. */
const hangs = (begun: string): string =>
  `(while :; do mkdir -p "$PWD/made" && echo > "$PWD/made/$(date +%N)"; sleep 0.01; done) & echo $! > '${begun}'; wait`;

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}/cwd`);

describe.skipIf(process.platform !== 'linux')('a post-checkout hook', () => {
  test('runs in the new worktree, from where `core.hooksPath` names it', async () => {
    await using repository = await temporaryRepository();
    await defineHook(repository, 'echo "$@" > hooked');
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run(launchOf(repository));
    expect(await readFile(path.join(run.worktree!.path, 'hooked'), 'utf8')).toBe(
      `${'0'.repeat(40)} ${run.baseCommit} 1\n`,
    );
  });

  test('that fails keeps the run from starting, in its own words, and nothing is left', async () => {
    await using repository = await temporaryRepository();
    await defineHook(repository, 'echo "no licence" >&2; exit 3');
    await using scope = await testSupervisor(repository);
    await expect(scope.supervisor.run(launchOf(repository))).rejects.toMatchObject({
      code: 'launch_failed',
      facts: { step: 'worktree', detail: expect.stringContaining('no licence') },
    });
    await expectNothingMade(repository);
  });

  test('that hangs is ended by a kill with all that it started, and nothing is left', async () => {
    await using repository = await temporaryRepository();
    const begun = path.join(path.dirname(repository.path), 'begun');
    await defineHook(repository, hangs(begun));
    await using scope = await testSupervisor(repository);
    const launching = scope.supervisor.run(launchOf(repository));
    const pid = await eventually(async () => Number(await readFile(begun, 'utf8')));
    const [pending] = (await scope.supervisor.list({})).runs;
    await scope.supervisor.kill(pending!.run.runId);
    expect(await launching).toMatchObject({ status: 'terminated', worktree: null });
    expect(isThere(pid)).toBe(false);
    await expectNothingMade(repository);
  });

  test('whose launcher was killed is ended by whoever comes next, and nothing is left', async () => {
    await using repository = await temporaryRepository();
    const begun = path.join(path.dirname(repository.path), 'begun');
    await defineHook(repository, hangs(begun));
    const launcher = startOtherProcess('run', launchOf(repository), repository.stateFolder);
    const pid = await eventually(async () => Number(await readFile(begun, 'utf8')));
    await launcher.crash();
    expect(isThere(pid)).toBe(true);
    await using scope = await testSupervisor(repository);
    await scope.supervisor.reconcile();
    expect((await scope.supervisor.list({})).runs).toMatchObject([{ run: { status: 'failed', worktree: null } }]);
    expect(isThere(pid)).toBe(false);
    await expectNothingMade(repository);
  });
});
