import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Executor } from '../../../src/core/ports/executor.ts';
import { controlGroupOf, processesIn } from '../../../src/processes/control-group.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { startUserSystemd, type UserSystemd } from '../../support/user-systemd.ts';

const otherProcess = path.join(import.meta.dirname, '../../support/other-process.ts');

/** Launches from within a control group, as an editor does that the user's systemd runs. */
async function launchFrom(group: string, repository: TemporaryRepository, systemd: UserSystemd): Promise<void> {
  const options = JSON.stringify({ workflowName: 'agent', directory: repository.path, message: '' });
  const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  const child = spawn('sh', ['-c', enter, group, process.execPath, otherProcess, 'run', options], {
    env: { ...process.env, WARDEN_STATE_DIR: repository.stateFolder, XDG_RUNTIME_DIR: systemd.runtimeFolder },
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
}

/** Belongs to nobody by parent, group, session or environment: only its control group tells whose it is. */
const escape = `(env -i /usr/bin/setsid /bin/sh -c 'echo $$ > escaped; exec sleep 600' &)`;

test('a run that is launched under the user systemd has a scope of its own, and whoever escapes is found there', async ({
  skip,
}) => {
  const systemd = await startUserSystemd();
  if (typeof systemd === 'string') return skip(systemd);
  await using _systemd = systemd;
  await using repository = await temporaryRepository();
  const later = `while [ ! -e go ]; do sleep 0.02; done; ${escape}; exec sleep 600`;
  await repository.defineWorkflows({ agent: shell(later) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  await launchFrom(systemd.editorGroup, repository, systemd);
  const [report] = (await supervisor.list({ limit: 1 })).runs;
  const run = report!.run;
  const { wrapper, command, containment } = run.process!;
  const group = containment.controlGroup!;
  expect(path.basename(group)).toBe(`warden-${run.runId}.scope`);
  // Without the wrapper nobody adopts for the run.
  process.kill(wrapper.pid, 'SIGKILL');
  await eventually(() => readStat(wrapper.pid)?.state !== 'alive');
  await writeFile(path.join(run.worktree!.path, 'go'), '');
  const escaped = await eventually(
    async () => Number(await readFile(path.join(run.worktree!.path, 'escaped'), 'utf8').catch(() => '')) || null,
  );
  await eventually(() => processesIn(group).size === 2);
  expect(processesIn(group)).toEqual(new Set([command.pid, escaped]));
  expect(await supervisor.kill(run.runId)).toMatchObject({ success: true, survivors: [] });
  expect(readStat(escaped)?.state).not.toBe('alive');
  await eventually(() => processesIn(group).size === 0);
});

/** As against those who come and go faster than anyone can look, another user's, or ones that are not seen. */
function powerless({ executor }: Ports): Partial<Ports> {
  const without: Partial<Executor> = {
    freeze: () => Promise.resolve([]),
    signal: (orders) => Promise.resolve(orders.map(() => 'not_permitted')),
  };
  const get = (target: Executor, name: keyof Executor): unknown => {
    const method = without[name] ?? target[name];
    return typeof method === 'function' ? method.bind(target) : method;
  };
  return { executor: new Proxy(executor, { get: (target, name) => get(target, name as keyof Executor) }) };
}

test('whom no signal ends is ended together with the control group', async ({ skip }) => {
  const systemd = await startUserSystemd();
  if (typeof systemd === 'string') return skip(systemd);
  await using _systemd = systemd;
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ agent: shell('setsid sleep 600 & exec sleep 600') });
  await using scope = await testSupervisor(repository, powerless);
  const { supervisor } = scope;
  await launchFrom(systemd.editorGroup, repository, systemd);
  const [report] = (await supervisor.list({ limit: 1 })).runs;
  const run = report!.run;
  expect(await supervisor.kill(run.runId, { force: true })).toMatchObject({ success: true, survivors: [] });
  expect(processesIn(run.process!.containment.controlGroup!)).toEqual(new Set());
});

test('a run that is launched beside the user systemd is not put under it: it must outlive a session', async ({
  skip,
}) => {
  const systemd = await startUserSystemd();
  if (typeof systemd === 'string') return skip(systemd);
  await using _systemd = systemd;
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ agent: shell('exec sleep 600') });
  await using scope = await testSupervisor(repository);
  await launchFrom((await controlGroupOf('self'))!, repository, systemd);
  const [report] = (await scope.supervisor.list({ limit: 1 })).runs;
  expect(report!.run).toMatchObject({ status: 'running', process: { containment: { controlGroup: null } } });
});
