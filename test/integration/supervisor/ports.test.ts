import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

/** Some ports that nobody else uses while the tests run, as far as one can tell: below what the product takes by itself. */
const randomFirst = (): number => 11_000 + Math.floor(Math.random() * 800) * 10;

const launchOf = (repository: TemporaryRepository) => ({
  workflowName: 'server',
  directory: repository.path,
  message: '',
});

describe('a run that asks for ports', () => {
  test('has its own, told to its setup and its command, and not to its teardown, when they may be another’s', async () => {
    await using repository = await temporaryRepository();
    const seen = path.join(path.dirname(repository.path), 'seen');
    const tell = shell(`echo $WARDEN_PORT $WARDEN_PORT_COUNT $WARDEN_PORT_1 $WARDEN_PORT_2 >> '${seen}'`).command;
    const command = ['sh', '-c', `${tell[2]!}; sleep 600`];
    await repository.defineWorkflows({ server: { command, setup: tell, teardown: tell, ports: 2 } });
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run(launchOf(repository));
    const { first, count } = run.ports!;
    expect(count).toBe(2);
    expect(first).toBeGreaterThanOrEqual(20_000);
    expect(first).toBeLessThanOrEqual(29_998);
    const line = `${first} 2 ${first} ${first + 1}\n`;
    await eventually(async () => (await readFile(seen, 'utf8')) === line.repeat(2));
    await scope.supervisor.kill(run.runId);
    await scope.supervisor.cleanup({ directory: repository.path, maxAgeHours: 0, dryRun: false });
    expect(await readFile(seen, 'utf8')).toBe(`${line.repeat(2)}\n`);
  });

  test('gets none that somebody listens on, on any address', async () => {
    await using repository = await temporaryRepository();
    const first = randomFirst();
    await repository.defineWorkflows(
      { server: { ...shell('sleep 600'), ports: 1 } },
      { portRange: { first, last: first + 3 } },
    );
    const hosts = ['127.0.0.1', '::1', '0.0.0.0'];
    const servers = hosts.map((host, index) => createServer().listen(first + index, host));
    try {
      await Promise.all(servers.map((server) => once(server, 'listening')));
      await using scope = await testSupervisor(repository);
      expect((await scope.supervisor.run(launchOf(repository))).ports).toEqual({ first: first + 3, count: 1 });
    } finally {
      for (const server of servers) server.close();
    }
  });

  test('is not started where no more are free, and gets those of one that is over', async () => {
    await using repository = await temporaryRepository();
    const first = randomFirst();
    await repository.defineWorkflows(
      { server: { ...shell('sleep 600'), ports: 2 } },
      { portRange: { first, last: first + 2 } },
    );
    await using scope = await testSupervisor(repository);
    const run = await scope.supervisor.run(launchOf(repository));
    await expect(scope.supervisor.run(launchOf(repository))).rejects.toMatchObject({
      code: 'no_free_ports',
      facts: { count: 2, first, last: first + 2 },
    });
    const [failed] = (await scope.supervisor.list({ statuses: ['failed'] })).runs;
    expect(failed!.run).toMatchObject({
      worktree: null,
      ports: null,
      reason: { code: 'launch_failed', step: 'ports' },
    });
    expect(await repository.git('branch', '--list', 'warden/*')).toContain(run.worktree!.branch);
    await scope.supervisor.kill(run.runId);
    expect((await scope.supervisor.run(launchOf(repository))).ports?.count).toBe(2);
  });

  test('shares none with another, however many processes launch at once', async () => {
    await using repository = await temporaryRepository();
    const first = randomFirst();
    await repository.defineWorkflows(
      { server: { ...shell('sleep 600'), ports: 2 } },
      { portRange: { first, last: first + 19 } },
    );
    await using scope = await testSupervisor(repository);
    const messages = ['1', '2', '3'];
    const { message: _, ...launch } = launchOf(repository);
    const launchers = Array.from({ length: 3 }, () =>
      startOtherProcess('run-many', { ...launch, messages }, repository.stateFolder),
    );
    try {
      await eventually(async () => (await scope.supervisor.list({ statuses: ['running'] })).runs.length === 9, 60_000);
    } finally {
      await Promise.all(launchers.map((launcher) => launcher[Symbol.asyncDispose]()));
    }
    const { runs } = await scope.supervisor.list({});
    const ports = runs.flatMap(({ run }) => [run.ports!.first, run.ports!.first + 1]);
    expect(new Set(ports).size).toBe(18);
    expect(ports.every((port) => port >= first && port <= first + 19)).toBe(true);
  });

  test('that was cut off gives them back', async () => {
    await using repository = await temporaryRepository();
    const first = randomFirst();
    const started = path.join(path.dirname(repository.path), 'started');
    const setup = ['sh', '-c', `[ -e '${started}' ] || { touch '${started}'; sleep 600; }`];
    await repository.defineWorkflows(
      { server: { ...shell('sleep 600'), setup, ports: 1 } },
      { portRange: { first, last: first } },
    );
    const launcher = startOtherProcess('run', launchOf(repository), repository.stateFolder);
    await eventually(() => existsSync(started));
    await launcher.crash();
    await using scope = await testSupervisor(repository);
    await scope.supervisor.reconcile();
    expect((await scope.supervisor.run(launchOf(repository))).ports).toEqual({ first, count: 1 });
  });
});
