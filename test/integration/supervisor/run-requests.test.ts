import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import { begunRun, runFile } from '../../support/begun-run.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const begun = 'echo > "$WARDEN_RUN_DIR/begun"';

describe('a section that a run declares', () => {
  test('with the pid of who is in it is waited for until he is gone', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(
        `setsid sh -c 'until test -e "$WARDEN_RUN_DIR/go"; do sleep 0.05; done' & echo $! > "$WARDEN_RUN_DIR/critical/nightly backup"; ${begun}; sleep 600`,
      ),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const killed = scope.supervisor.kill(run.runId);
    await eventually(async () => (await scope.supervisor.status(run.runId)).run.stop?.waitedFor.length === 1);
    await writeFile(runFile(repository, run.runId, 'go'), '');
    const report = await killed;

    expect(report).toMatchObject({ success: true, method: 'graceful', interrupted: [] });
    expect(report.waitedFor).toEqual([{ kind: 'declared', name: 'nightly backup', pid: expect.any(Number) }]);
  });

  test('with a pid that is none of the run is not waited for', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(
        `true & echo $! > "$WARDEN_RUN_DIR/critical/dead"; wait; echo ${process.pid} > "$WARDEN_RUN_DIR/critical/else"; ${begun}; sleep 600`,
      ),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    expect(await scope.supervisor.kill(run.runId)).toMatchObject({ success: true, waitedFor: [], interrupted: [] });
  });

  test('without a pid is waited for until its file is gone', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(`echo > "$WARDEN_RUN_DIR/critical/upload"; ${begun}; sleep 600`),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const killed = scope.supervisor.kill(run.runId);
    await eventually(async () => (await scope.supervisor.status(run.runId)).run.stop?.waitedFor.length === 1);
    await rm(runFile(repository, run.runId, 'critical', 'upload'));

    const section = { kind: 'declared', name: 'upload', pid: null };
    expect(await killed).toMatchObject({ success: true, waitedFor: [section], interrupted: [] });
  });

  test('that stays is cut off when the time is up', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: {
        ...shell(`echo > "$WARDEN_RUN_DIR/critical/for ever"; ${begun}; sleep 600`),
        kill: { waitSeconds: 3 },
      },
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const section = { kind: 'declared', name: 'for ever', pid: null };
    expect(await scope.supervisor.kill(run.runId)).toMatchObject({
      success: true,
      waitedFor: [section],
      interrupted: [section],
    });
  });

  test('in any other shape than a file is passed over, and a pipe is not waited on', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(
        `cd "$WARDEN_RUN_DIR/critical"; mkdir folder; mkfifo pipe; ln -s /etc/passwd link; ${begun}; sleep 600`,
      ),
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    expect(await scope.supervisor.kill(run.runId)).toMatchObject({ success: true, waitedFor: [] });
  });

  test('does not hold up a run of which nobody is left', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(`echo > "$WARDEN_RUN_DIR/critical/forgotten"; ${begun}`) });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const ended = await eventually(async () => {
      await scope.supervisor.reconcile();
      const { run: now } = await scope.supervisor.status(run.runId);
      return now.endedAt === null ? null : now;
    });

    expect(ended).toMatchObject({ status: 'completed', exitCode: 0 });
  });
});

describe('a run that is told to end', () => {
  /** Does something when it is told. */
  const answering = (answer: string): string => `trap '${answer}' TERM; ${begun}; while :; do sleep 0.1; done`;

  function gracefulMilliseconds({ stages }: KillReport): number {
    return stages.find(({ stage }) => stage === 'graceful')?.milliseconds ?? NaN;
  }

  test('gets the time that it asks for', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: {
        ...shell(answering('echo 5 > "$WARDEN_RUN_DIR/more-time"; sleep 6; echo yes > "$WARDEN_RUN_DIR/saved"; exit')),
        kill: { gracefulSeconds: 5, forcedSeconds: 0 },
      },
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId);

    expect(report).toMatchObject({ success: true, method: 'graceful' });
    expect(existsSync(runFile(repository, run.runId, 'saved'))).toBe(true);
  });

  test('gets no more than as much again', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: {
        ...shell(answering('echo 3600 > "$WARDEN_RUN_DIR/more-time"')),
        kill: { gracefulSeconds: 1.5, forcedSeconds: 0 },
      },
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId);

    expect(report).toMatchObject({ success: true, method: 'system' });
    expect(gracefulMilliseconds(report)).toBeGreaterThanOrEqual(3_000);
    expect(gracefulMilliseconds(report)).toBeLessThan(20_000);
  });

  test.each([
    ['what it wrote before it was told', `echo 3600 > "$WARDEN_RUN_DIR/more-time"; ${answering('')}`],
    ['nonsense', answering('echo soon > "$WARDEN_RUN_DIR/more-time"')],
  ])('gets nothing for %s', async (_, line) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: { ...shell(line), kill: { gracefulSeconds: 5, forcedSeconds: 0 } },
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const report = await scope.supervisor.kill(run.runId);

    expect(report).toMatchObject({ success: true, method: 'system' });
    expect(gracefulMilliseconds(report)).toBeLessThan(10_000);
  });
});

describe('what a run saved in its checkpoint folder', () => {
  const saving =
    'echo "$WARDEN_RESTARTED_FROM" >> "$WARDEN_CHECKPOINT_DIR/lives"; test "$WARDEN_CHECKPOINT_DIR" = "$WARDEN_RUN_DIR/checkpoint" && echo > "$WARDEN_RUN_DIR/begun"; sleep 600';

  async function restarted(repository: TemporaryRepository, run: Run): Promise<void> {
    await eventually(() => existsSync(runFile(repository, run.runId, 'begun')));
  }

  test('is handed to its restart, and on to the next', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(saving) });
    await using scope = await testSupervisor(repository);
    const first = await begunRun(repository, scope);

    const second = await scope.supervisor.restart(first.runId);
    await restarted(repository, second);
    const third = await scope.supervisor.restart(second.runId);
    await restarted(repository, third);

    const lives = (run: Run): Promise<string> =>
      readFile(runFile(repository, run.runId, 'checkpoint', 'lives'), 'utf8');
    expect(await lives(first)).toBe('\n');
    expect(await lives(second)).toBe(`\n${first.runId}\n`);
    expect(await lives(third)).toBe(`\n${first.runId}\n${second.runId}\n`);
  });

  test('is copied: links stay links and are not followed, pipes stay behind', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(saving) });
    await using scope = await testSupervisor(repository);
    const old = await begunRun(repository, scope);
    const folder = runFile(repository, old.runId, 'checkpoint');
    await mkdir(`${folder}/deep/er`, { recursive: true });
    await writeFile(`${folder}/deep/er/state`, 'state', { mode: 0o400 });
    await symlink(repository.path, `${folder}/outside`);
    await symlink('deep/er/state', `${folder}/inside`);
    await symlink('nowhere', `${folder}/dangling`);
    await execa('mkfifo', [`${folder}/pipe`]);

    const run = await scope.supervisor.restart(old.runId);

    const copy = runFile(repository, run.runId, 'checkpoint');
    expect(await readFile(`${copy}/deep/er/state`, 'utf8')).toBe('state');
    expect((await lstat(`${copy}/deep/er/state`)).mode & 0o777).toBe(0o400);
    expect((await lstat(`${copy}/deep/er/state`)).ino).not.toBe((await lstat(`${folder}/deep/er/state`)).ino);
    expect(await readlink(`${copy}/outside`)).toBe(repository.path);
    expect(await readlink(`${copy}/inside`)).toBe('deep/er/state');
    expect(await readlink(`${copy}/dangling`)).toBe('nowhere');
    expect(existsSync(`${copy}/pipe`)).toBe(false);
  });

  test('that cannot be handed on fails the restart and leaves nothing half-made', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: shell(`rm -r "$WARDEN_CHECKPOINT_DIR"; ln -s /etc "$WARDEN_CHECKPOINT_DIR"; ${begun}; sleep 600`),
    });
    await using scope = await testSupervisor(repository);
    const old = await begunRun(repository, scope);

    await expect(scope.supervisor.restart(old.runId)).rejects.toMatchObject({
      code: 'launch_failed',
      facts: { step: 'checkpoint', detail: expect.stringContaining('is not a folder') },
    });
    expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(2);
  });

  test('is handed to an automatic retry', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: {
        ...shell(
          `${begun}; test -e "$WARDEN_CHECKPOINT_DIR/once" && exit 0; echo > "$WARDEN_CHECKPOINT_DIR/once"; exit 1`,
        ),
        retry: { attempts: 1, backoffSeconds: 0 },
      },
    });
    await using scope = await testSupervisor(repository);
    const old = await begunRun(repository, scope);
    scope.supervisor.startWatching(200);

    const retried = await eventually(async () => {
      const { runs } = await scope.supervisor.list({});
      const found = runs.find(({ run }) => run.restartedFrom === old.runId)?.run;
      return found?.endedAt == null ? null : found;
    });

    expect(retried).toMatchObject({ status: 'completed', exitCode: 0, retryNumber: 1 });
  });
});
