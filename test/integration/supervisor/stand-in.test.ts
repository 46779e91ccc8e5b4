import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStat } from '../../../src/processes/linux-stat.ts';
import { startWatch } from '../../../src/start-watch.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { leaseNow } from '../../support/lease-now.ts';
import { processesOf } from '../../support/run-processes.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

const entry = path.join(import.meta.dirname, '../../../dist/bundle/warden.cjs');

/** A supervisor as a window of VS Code has it. */
async function openWindow(
  repository: TemporaryRepository,
  fault: (ports: Ports) => Partial<Ports> = () => ({}),
): Promise<TestSupervisor> {
  const asWindow = (ports: Ports): Partial<Ports> => ({ ...fault(ports), actor: { ...ports.actor, face: 'vscode' } });
  const window = await testSupervisor(repository, asWindow);
  window.supervisor.startWatching(1_000);
  return window;
}

function standIn(repository: TemporaryRepository, environment: NodeJS.ProcessEnv = {}): void {
  const { stateFolder } = repository;
  const whole = { ...process.env, ...environment, WARDEN_STATE_DIR: stateFolder };
  startWatch({ entry, intervalSeconds: 1, mayLaunch: true, maxAgeHours: null, environment: whole });
}

/** The stand-in that holds the lease. */
const standingIn = (repository: TemporaryRepository): Promise<number> =>
  eventually(() => {
    const lease = leaseNow(repository.stateFolder);
    return lease?.face === 'watch' ? lease.pid : null;
  });

/** What the stand-ins said when they ended. */
const lastWords = async (repository: TemporaryRepository): Promise<string[]> =>
  (await readFile(path.join(repository.stateFolder, 'watch.log'), 'utf8')).split('\n').filter((line) => line !== '');

const isGone = (pid: number): boolean => readStat(pid)?.state !== 'alive';

describe('what stands in for a window', () => {
  test('has nothing of the window, takes the exit of its run, and ends with the last run', async () => {
    await using repository = await temporaryRepository();
    const goOn = path.join(repository.path, 'go-on');
    await repository.defineWorkflows({ worker: shell(`until [ -e ${goOn} ]; do sleep 0.1; done; exit 3`) });
    const window = await openWindow(repository);
    const { runId } = await window.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    const hostOnly = { NODE_OPTIONS: '--no-warnings', VSCODE_PID: '1', WARDEN_RUN_ID: runId, WARDEN_RUN_DIR: '/x' };
    standIn(repository, hostOnly);
    await window.supervisor.dispose();

    const pid = await standingIn(repository);
    expect(readStat(pid)).toMatchObject({ sessionId: pid, groupId: pid });
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(repository.stateFolder);
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null');
    const names = readFileSync(`/proc/${pid}/environ`, 'latin1')
      .split('\0')
      .map((entry) => entry.split('=')[0]);
    for (const name of Object.keys(hostOnly)) expect(names).not.toContain(name);
    await mkdir(goOn);
    await eventually(() => isGone(pid));
    expect(await lastWords(repository)).toEqual(['No run is left.']);
    expect(leaseNow(repository.stateFolder)).toBe(null);

    await using next = await openWindow(repository);
    const [report] = await next.supervisor.recent({});
    expect(report?.run).toMatchObject({ runId, status: 'failed', exitCode: 3 });
    const entries = await next.supervisor.audit({ runId });
    expect(entries.at(-1)).toMatchObject({ outcome: 'done', actor: { face: 'watch' } });
  });

  test('ends where another window watches', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using window = await openWindow(repository);
    await window.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    standIn(repository);
    await eventually(async () => (await lastWords(repository)).length > 0);
    expect(await lastWords(repository)).toEqual(['A window of VS Code watches.']);
    expect(leaseNow(repository.stateFolder)).toMatchObject({ pid: process.pid, face: 'vscode' });
  });

  test('hands over to a window at once, and ends', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using scope = await testSupervisor(repository);
    await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    standIn(repository);
    const pid = await standingIn(repository);
    let looks = 0;
    await using window = await openWindow(repository, ({ store }) => ({
      store: new Proxy(store, {
        get(target, name) {
          if (name === 'lease') looks += 1;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
    }));
    await eventually(() => window.supervisor.isWatching);
    expect(looks, 'of the window at who has the lease').toBe(1);
    await eventually(() => isGone(pid));
    expect(await lastWords(repository)).toEqual(['A window of VS Code watches.']);
    expect(leaseNow(repository.stateFolder)).toMatchObject({ pid: process.pid, face: 'vscode' });
  });

  test('is one, however many windows close', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: { command: ['sleep', '600'] } });
    await using scope = await testSupervisor(repository);
    const { runId } = await scope.supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
    for (let count = 0; count < 3; count += 1) standIn(repository);
    const pid = await standingIn(repository);
    await eventually(async () => (await lastWords(repository)).length === 2);
    expect(new Set(await lastWords(repository))).toEqual(new Set(['Another warden watch watches.']));
    expect(leaseNow(repository.stateFolder)).toMatchObject({ pid });
    await scope.supervisor.kill(runId);
    await eventually(() => isGone(pid));
  });

  test('finishes a kill whose window is gone', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ deaf: shell("trap '' TERM; while :; do sleep 1; done") });
    await using scope = await testSupervisor(repository);
    const { runId } = await scope.supervisor.run({ workflowName: 'deaf', directory: repository.path, message: '' });
    await using other = startOtherProcess('kill', { runId }, repository.stateFolder);
    await eventually(async () => (await scope.supervisor.recent({}))[0]?.run.status === 'terminating');
    standIn(repository);
    const pid = await standingIn(repository);
    await other.crash();
    await eventually(async () => (await scope.supervisor.recent({}))[0]?.run.status === 'killed');
    const [report] = await scope.supervisor.recent({});
    expect(report?.run).toMatchObject({ status: 'killed', killReport: { success: true, method: 'system' } });
    expect(processesOf(runId)).toEqual([]);
    await eventually(() => isGone(pid));
  });

  test('stays for a retry that is due later', async () => {
    await using repository = await temporaryRepository();
    const worked = path.join(repository.path, 'worked');
    const retry = { attempts: 1, backoffSeconds: 4 };
    await repository.defineWorkflows({
      flaky: { ...shell(`[ -e ${worked} ] || { touch ${worked}; exit 1; }`), retry },
    });
    await using scope = await testSupervisor(repository);
    const first = await scope.supervisor.run({ workflowName: 'flaky', directory: repository.path, message: '' });
    await scope.supervisor.wait(first.runId);
    expect(existsSync(worked)).toBe(true);
    standIn(repository);
    const pid = await standingIn(repository);
    await eventually(() => isGone(pid));
    const runs = (await scope.supervisor.recent({})).map(({ run }) => run);
    expect(runs).toMatchObject([
      { status: 'completed', restartedFrom: first.runId, retryNumber: 1 },
      { status: 'failed' },
    ]);
  });
});
