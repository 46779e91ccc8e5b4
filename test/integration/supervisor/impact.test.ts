import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { begunRun, runFile } from '../../support/begun-run.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const begin = 'echo > "$WARDEN_RUN_DIR/begun"';

describe('what a kill would cut off', () => {
  test('is what is seen: files, commits, processes, runs that it started, and nothing ends', async () => {
    await using repository = await temporaryRepository();
    const commit = 'echo 1 > kept; git add kept; git commit --quiet -m Kept';
    await repository.defineWorkflows({
      worker: shell(`${commit}; echo 2 > kept; echo 3 > new; ${begin}; sleep 600`),
      other: { command: ['sleep', '600'] },
    });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);
    const child = await scope.supervisor.run({
      workflowName: 'other',
      directory: repository.path,
      message: '',
      parentRunId: run.runId,
    });

    const impact = await eventually(async () => {
      const [seen] = await scope.supervisor.impactOf([run.runId]);
      // On a busy machine git need not answer in time.
      return seen?.files.state === 'observed' && seen.commits.state === 'observed' ? seen : null;
    });

    expect(impact).toEqual({
      runId: run.runId,
      workflowName: 'worker',
      status: 'running',
      files: { state: 'observed', value: { tracked: 1, untracked: 1 } },
      commits: { state: 'observed', value: 1 },
      underWay: { state: 'observed', value: [] },
      processes: { state: 'observed', value: processesOf(run.runId).length },
      isRetryAwaited: false,
      children: [child.runId],
      runningMilliseconds: expect.any(Number),
    });
    expect((await scope.supervisor.status(run.runId)).run.status).toBe('running');
    expect(scope.failures).toEqual([]);
  });

  test('names a commit that is under way', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('echo x > file; git add file; git commit --quiet -m Second') });
    const hook = path.join(repository.path, '.git', 'hooks', 'pre-commit');
    await mkdir(path.dirname(hook), { recursive: true });
    await writeFile(hook, `#!/bin/sh\n${begin}\nuntil test -e "$WARDEN_RUN_DIR/go"; do sleep 0.05; done\n`);
    await chmod(hook, 0o755);
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);

    const [impact] = await scope.supervisor.impactOf([run.runId]);

    expect(impact?.underWay).toEqual({
      state: 'observed',
      value: [{ kind: 'git', operation: 'commit', pid: expect.any(Number) }],
    });
    await writeFile(runFile(repository, run.runId, 'go'), '');
    const { run: over } = await scope.supervisor.wait(run.runId);
    const [later] = await scope.supervisor.impactOf([run.runId]);
    expect(later).toMatchObject({ status: 'completed', runningMilliseconds: over.endedAt! - over.startedAt! });
  });

  test('is not known where git or the processes do not answer, and that holds nobody up', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(`${begin}; sleep 600`) });
    const hang = Promise.withResolvers<undefined>();
    let isHung = false;
    await using scope = await testSupervisor(repository, ({ worktrees, executor, clock }) => ({
      worktrees: { ...worktrees, ownWorkIn: (worktree) => hang.promise.then(() => worktrees.ownWorkIn(worktree)) },
      executor: new Proxy(executor, {
        get(target, name) {
          if (name === 'look' && isHung) return () => hang.promise.then(() => target.look());
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
      // What is waited for in seconds is over in milliseconds.
      clock: { ...clock, sleep: (milliseconds, signal) => clock.sleep(milliseconds / 100, signal) },
    }));
    const run = await begunRun(repository, scope);
    isHung = true;

    const [impact] = await scope.supervisor.impactOf([run.runId]);

    isHung = false;
    hang.resolve(undefined);
    const tooLate = { state: 'unknown', detail: 'it could not be looked at in time' };
    expect(impact).toMatchObject({ files: tooLate, commits: tooLate, processes: tooLate, underWay: tooLate });
  });

  test.skipIf(process.platform !== 'linux')('leaves no git and no filter behind that never ends', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell(`${begin}; sleep 600`) });
    await using scope = await testSupervisor(repository);
    const run = await begunRun(repository, scope);
    await repository.git('config', 'filter.endless.clean', 'sleep 600');
    await writeFile(path.join(run.worktree!.path, '.gitattributes'), '* filter=endless\n');
    // Of the same length, so that git has to compare.
    await writeFile(path.join(run.worktree!.path, 'README.md'), '# a repository\n');

    const [impact] = await scope.supervisor.impactOf([run.runId]);

    expect(impact?.files).toEqual({ state: 'unknown', detail: 'git did not answer in time' });
    await eventually(() => processesOf(`${run.runId}/look`).length === 0);
    await repository.git('config', '--remove-section', 'filter.endless');
  });
});
