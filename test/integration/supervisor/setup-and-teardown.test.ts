import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isTerminal } from '../../../src/core/run-status.ts';
import type { Run } from '../../../src/core/run.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

async function expectNothingMade(repository: TemporaryRepository): Promise<void> {
  expect(await repository.git('branch', '--list', 'warden/*')).toBe('');
  expect((await repository.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)).toHaveLength(1);
  expect(existsSync(`${repository.path}.worktrees`)).toBe(false);
}

/** Starts a child of its own and one in a session of its own, both deaf, and hangs; says so once they stand. */
const hangs = [
  'sh',
  '-c',
  `trap '' TERM; sh -c "trap '' TERM; while :; do sleep 1; done" & setsid sh -c "trap '' TERM; while :; do sleep 1; done" &
   echo begun; while :; do sleep 1; done`,
];

/** The time of a command is up once it hangs, however long the machine takes to come to that. */
const upOnceItHangs =
  ({ stateFolder }: TemporaryRepository, limitMilliseconds: number) =>
  ({ clock }: Ports): Partial<Ports> => {
    const hangsNow = async (): Promise<boolean> => {
      const files = await readdir(path.join(stateFolder, 'runs'), { recursive: true });
      const logs = files.filter((file) => /(setup|teardown)\.log$/.test(file));
      const texts = await Promise.all(logs.map((file) => readFile(path.join(stateFolder, 'runs', file), 'utf8')));
      return texts.includes('begun\n');
    };
    const sleep: Ports['clock']['sleep'] = async (milliseconds, signal) => {
      if (milliseconds !== limitMilliseconds) return clock.sleep(milliseconds, signal);
      while (!(await hangsNow())) await clock.sleep(10, signal);
    };
    return { clock: { ...clock, sleep } };
  };

const textOf = async ({ supervisor }: TestSupervisor, runId: string, log: 'setup' | 'teardown'): Promise<string> =>
  Buffer.from(await supervisor.logs(runId, 0, 10_000, log)).toString();

describe.skipIf(process.platform === 'win32')('a setup command', () => {
  test('that fails is told with its last words and its log, which can be read', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      broken: { ...shell('true'), setup: shell('echo one; echo no licence >&2; exit 3').command },
    });
    await using scope = await testSupervisor(repository);
    await expect(
      scope.supervisor.run({ workflowName: 'broken', directory: repository.path, message: '' }),
    ).rejects.toMatchObject({
      code: 'launch_failed',
      facts: {
        step: 'setup',
        detail: expect.stringMatching(/ended with exit code 3: no licence \(see .*\/setup\.log\)$/),
      },
    });
    const run = await onlyRun(scope);
    expect(await textOf(scope, run.runId, 'setup')).toBe('one\nno licence\n');
    await expectNothingMade(repository);
  });

  test('that hangs is ended at its time limit with all that it started, and the launch undone', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ slow: { ...shell('true'), setup: hangs, setupTimeoutMinutes: 0.01 } });
    await using scope = await testSupervisor(repository, upOnceItHangs(repository, 600));
    await expect(
      scope.supervisor.run({ workflowName: 'slow', directory: repository.path, message: '' }),
    ).rejects.toMatchObject({
      code: 'launch_failed',
      facts: { step: 'setup', detail: expect.stringContaining('did not end within 0.6 s: begun (see ') },
    });
    const run = await onlyRun(scope);
    expect(run).toMatchObject({ status: 'failed', worktree: null });
    expect(processesOf(run.runId)).toEqual([]);
    await expectNothingMade(repository);
  });

  test('that hangs is ended by a kill, with all that it started', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ slow: { ...shell('true'), setup: hangs } });
    await using scope = await testSupervisor(repository);
    const launching = scope.supervisor.run({ workflowName: 'slow', directory: repository.path, message: '' });
    const run = await eventually(async () => {
      const [report] = (await scope.supervisor.list({})).runs;
      return report !== undefined && (await textOf(scope, report.run.runId, 'setup')) === 'begun\n' ? report.run : null;
    });
    await scope.supervisor.kill(run.runId);
    expect(await launching).toMatchObject({ status: 'terminated', worktree: null });
    expect(processesOf(run.runId)).toEqual([]);
    await expectNothingMade(repository);
  });

  test('may leave a server running, which belongs to the run and ends with it', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: { ...shell('sleep 600'), setup: shell('setsid sleep 600 & echo $! > server').command },
    });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    const server = Number(await readFile(path.join(run.worktree!.path, 'server'), 'utf8'));
    expect(processesOf(run.runId)).toContain(server);
    await scope.supervisor.kill(run.runId);
    expect(processesOf(run.runId)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('a teardown command', () => {
  test('runs in the worktree before a cleanup removes it, not at a kill and not in a dry run', async () => {
    await using repository = await temporaryRepository();
    const seen = path.join(path.dirname(repository.path), 'seen');
    const teardown = shell(`echo "$WARDEN_RUN_ID $(pwd) $(cat README.md)" >> '${seen}'; echo taken down`).command;
    await repository.defineWorkflows({ worker: { ...shell('sleep 600'), teardown } });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    await scope.supervisor.kill(run.runId);
    const request = { directory: repository.path, maxAgeHours: 0 };
    await scope.supervisor.cleanup({ ...request, dryRun: true });
    expect(existsSync(seen)).toBe(false);
    const { removed } = await scope.supervisor.cleanup({ ...request, dryRun: false });
    expect(removed).toMatchObject([{ runId: run.runId, teardownFailure: null }]);
    expect(await readFile(seen, 'utf8')).toBe(`${run.runId} ${run.worktree!.path} # A repository\n`);
    expect(await textOf(scope, run.runId, 'teardown')).toBe('taken down\n');
    expect(existsSync(run.worktree!.path)).toBe(false);
  });

  test.each([
    ['fails', shell('echo in use; sleep 600 & exit 2').command, 'ended with exit code 2: in use (see '],
    ['hangs', hangs, 'did not end within 1 s: begun (see '],
    ['is not there', ['./no-such-script.sh'], 'ENOENT'],
  ])('that %s is ended with all that it started and noted, and the worktree goes', async (_, teardown, words) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { ...shell('true'), teardown, teardownTimeoutSeconds: 1 } });
    await using scope = await testSupervisor(repository, upOnceItHangs(repository, 1_000));
    const run = await over(scope, repository);
    const { removed } = await scope.supervisor.cleanup({ directory: repository.path, maxAgeHours: 0, dryRun: false });
    expect(removed).toMatchObject([{ runId: run.runId, teardownFailure: expect.stringContaining(words) }]);
    expect(processesOf(run.runId)).toEqual([]);
    const entries = await scope.supervisor.audit({ runId: run.runId });
    expect(entries.at(-1)).toMatchObject({
      action: 'cleanup',
      outcome: 'done',
      facts: { teardown_failure: expect.stringContaining(words) },
    });
    expect(existsSync(run.worktree!.path)).toBe(false);
  });

  test('that destroys work destroys none: it was kept before', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      worker: { ...shell('echo work > new.txt'), teardown: ['git', 'clean', '-fdx', '--quiet'] },
    });
    await using scope = await testSupervisor(repository);
    const run = await over(scope, repository);
    const request = { directory: repository.path, maxAgeHours: 0, force: true, dryRun: false };
    const { removed } = await scope.supervisor.cleanup(request);
    expect(removed).toMatchObject([{ runId: run.runId, teardownFailure: null }]);
    expect(await repository.git('show', `${removed[0]!.checkpoint}:new.txt`)).toBe('work');
  });
});

async function over({ supervisor }: TestSupervisor, repository: TemporaryRepository): Promise<Run> {
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const { run } = await supervisor.wait(runId);
  expect(isTerminal(run.status)).toBe(true);
  return run;
}

async function onlyRun({ supervisor }: TestSupervisor): Promise<Run> {
  const { runs } = await supervisor.list({});
  expect(runs).toHaveLength(1);
  return runs[0]!.run;
}
