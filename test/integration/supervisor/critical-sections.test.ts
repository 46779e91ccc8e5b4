import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import { killReportJson } from '../../../src/core/run-json.ts';
import { lacking } from '../../chaos/stage/needs.ts';
import { begunRun, runFile } from '../../support/begun-run.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

/** Goes on for as long as the test wants, and lets it know that it has begun. Outside of the run, git may do it freely. */
const until = (file: string): string =>
  `if test -n "$WARDEN_RUN_DIR"; then echo > "$WARDEN_RUN_DIR/begun"; until test -e "$WARDEN_RUN_DIR/${file}"; do sleep 0.05; done; fi`;

const slow = until('go');
const endless = until('never');

async function hook(folder: string, name: string, line: string): Promise<void> {
  const file = path.join(folder, 'hooks', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${line}\n`);
  await chmod(file, 0o755);
}

/** Lets what the kill waits for come to its end, once it waits. */
async function killPatiently(
  repository: TemporaryRepository,
  { supervisor }: TestSupervisor,
  { runId }: Run,
): Promise<KillReport> {
  const killed = supervisor.kill(runId);
  await eventually(async () => (await supervisor.status(runId)).run.stop?.waitedFor.length === 1);
  await writeFile(runFile(repository, runId, 'go'), '');
  return killed;
}

const commit = 'echo x > file; git add file; git commit --quiet -m Second';

describe('a kill lets git come to its end', () => {
  test('in a commit with a slow hook', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(`${commit}; sleep 600`) });
    await hook(`${repository.path}/.git`, 'pre-commit', slow);
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await killPatiently(repository, scope, run);

    expect(report).toMatchObject({ success: true, method: 'graceful', interrupted: [] });
    expect(report.waitedFor).toEqual([{ kind: 'git', operation: 'commit', pid: expect.any(Number) }]);
    expect(killReportJson(report).message).toMatch(
      /^Workflow worker gracefully terminated in [\d.]+s, after waiting for git commit \(pid \d+\)$/,
    );
    expect(await repository.git('log', '-1', '--format=%s', run.worktree?.branch ?? '')).toBe('Second');
    await repository.git('fsck', '--strict');
  });

  test('in a push to a repository with a slow hook, the receiving side too', async () => {
    await using repository = await temporaryRepository();
    const bare = `${repository.path}-bare.git`;
    await repository.git('init', '--quiet', '--bare', bare);
    await repository.git('remote', 'add', 'origin', bare);
    await hook(bare, 'pre-receive', slow);
    await repository.defineWorkflows({ worker: shell(`git push --quiet origin HEAD:refs/heads/pushed; sleep 600`) });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await killPatiently(repository, scope, run);

    expect(report.waitedFor).toEqual([{ kind: 'git', operation: 'push', pid: expect.any(Number) }]);
    expect((await execa('git', ['-C', bare, 'rev-parse', 'pushed'])).stdout).toBe(run.baseCommit);
    await execa('git', ['-C', bare, 'fsck', '--strict']);
  });

  test('in a rebase, which is then not left half-way', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(`${commit}; git rebase --quiet --exec '${slow}' HEAD~1; sleep 600`),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await killPatiently(repository, scope, run);

    expect(report.waitedFor).toEqual([{ kind: 'git', operation: 'rebase', pid: expect.any(Number) }]);
    const status = await execa('git', ['-C', run.worktree?.path ?? '', 'status']);
    expect(status.stdout).not.toContain('rebase');
    expect(status.stdout).toContain(`On branch ${run.worktree?.branch ?? ''}`);
  });

  test('that holds the lock of the index', async () => {
    await using repository = await temporaryRepository();
    // A filter keeps "git add" busy; `add` is known by its lock alone.
    await repository.defineWorkflows({
      worker: shell(
        `git config filter.slow.clean 'sh -c "${slow.replaceAll('"', '\\"')}; cat"'; echo '*.slow filter=slow' > .gitattributes; echo x > a.slow; git add a.slow; sleep 600`,
      ),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await killPatiently(repository, scope, run);

    expect(report.waitedFor).toEqual([
      { kind: 'lock', path: expect.stringMatching(/index\.lock$/), pid: expect.any(Number) },
    ]);
    const listed = await execa('git', ['-C', run.worktree?.path ?? '', 'ls-files', 'a.slow']);
    expect(listed.stdout).toBe('a.slow');
  });

  test('but for no longer than the workflow says', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { ...shell(commit), kill: { waitSeconds: 3 } } });
    await hook(`${repository.path}/.git`, 'pre-commit', endless);
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId);

    expect(report.success).toBe(true);
    const section = { kind: 'git', operation: 'commit', pid: expect.any(Number) };
    expect(report).toMatchObject({ waitedFor: [section], interrupted: [section] });
    expect(report.stages[0]).toMatchObject({ stage: 'wait' });
    expect(report.durationMilliseconds).toBeGreaterThanOrEqual(3_000);
    expect(report.durationMilliseconds).toBeLessThan(25_000);
    expect(killReportJson(report)).toMatchObject({
      interrupted: [expect.stringMatching(/^git commit \(pid \d+\)$/)],
      message: expect.stringMatching(/s, while git commit \(pid \d+\) was under way$/),
    });
    await repository.git('fsck', '--strict');
  });

  test('unless a person loses patience', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(commit) });
    await hook(`${repository.path}/.git`, 'pre-commit', endless);
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const patient = scope.supervisor.kill(run.runId);
    await eventually(async () => (await scope.supervisor.status(run.runId)).run.stop?.waitedFor.length === 1);
    const report = await scope.supervisor.kill(run.runId, { force: true });

    expect(report).toEqual(await patient);
    const section = { kind: 'git', operation: 'commit', pid: expect.any(Number) };
    expect(report).toMatchObject({
      success: true,
      method: 'system',
      stages: [{ stage: 'wait' }, { stage: 'system' }],
      waitedFor: [section],
      interrupted: [section],
    });
  });

  test('and says what a forced kill cut off', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(commit) });
    await hook(`${repository.path}/.git`, 'pre-commit', endless);
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId, { force: true });

    expect(report).toMatchObject({ success: true, waitedFor: [], interrupted: [{ operation: 'commit' }] });
  });

  test('but does not wait for a git that only reads', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(`echo > "$WARDEN_RUN_DIR/begun"; sleep 600 | git cat-file --batch`),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId);

    expect(report).toMatchObject({ success: true, waitedFor: [], interrupted: [] });
  });

  test('nor for a lock that somebody else holds', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('echo > "$WARDEN_RUN_DIR/begun"; sleep 600') });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);
    const gitFile = await readFile(path.join(run.worktree?.path ?? '', '.git'), 'utf8');
    const lock = path.join(gitFile.replace('gitdir: ', '').trim(), 'index.lock');
    await writeFile(lock, '');

    const report = await scope.supervisor.kill(run.runId);

    expect(report).toMatchObject({ success: true, waitedFor: [], interrupted: [] });
  });

  test('nor for a file system that does not answer, or fails', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('echo > "$WARDEN_RUN_DIR/begun"; sleep 600') });
    for (const locksHeldBy of [() => new Promise<never>(() => undefined), () => Promise.reject(new Error('EIO'))]) {
      await using scope = await testSupervisor(repository, ({ worktrees }) => ({
        worktrees: { ...worktrees, locksHeldBy },
      }));
      const run = await begunRun(repository, scope);

      const report = await scope.supervisor.kill(run.runId);

      expect(report).toMatchObject({ success: true, method: 'graceful', waitedFor: [], interrupted: [] });
    }
  });
});

test('a kill lets a section come to its end that was declared in a sandbox with numbers of its own', async ({
  skip,
}) => {
  const lack = process.platform === 'linux' ? await lacking('unshare') : 'NOT TESTED HERE: no pid namespaces';
  if (lack !== null) skip(lack);
  await using repository = await temporaryRepository();
  const section = `echo $$ > "$WARDEN_RUN_DIR/critical/publish"; ${slow}; rm "$WARDEN_RUN_DIR/critical/publish"; sleep 600`;
  await repository.defineWorkflows({
    worker: { command: ['unshare', '-Urpf', '--mount-proc', 'sh', '-c', `sh -c '${section}'; :`] },
  });
  await using scope = await testSupervisor(repository);
  const run = await begunRun(repository, scope);

  const report = await killPatiently(repository, scope, run);

  expect(report).toMatchObject({ success: true, interrupted: [] });
  expect(report.waitedFor).toEqual([{ kind: 'declared', name: 'publish', pid: expect.any(Number) }]);
});
