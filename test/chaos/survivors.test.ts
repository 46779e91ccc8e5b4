import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';
import { testSupervisor } from '../support/test-supervisor.ts';
import { startHost } from './host/host.ts';
import { expectInvariants } from './invariants.ts';
import { perl, type Shape } from './shapes/shape.ts';
import { Bystanders } from './stage/bystanders.ts';
import { keepChronicle } from './stage/chronicle.ts';
import { seed } from './stage/form.ts';
import { Lifeline } from './stage/lifeline.ts';
import { isAlive, processAt } from './stage/proc.ts';
import { expectGone, putOnStage } from './stage/shape-on-stage.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

describe.skipIf(process.platform !== 'linux')(`whom the system does not end, seed ${seed}`, () => {
  test('a child of another user is named, and the run is not called killed', async ({ skip }) => {
    if (!isRoot) skip('NOT TESTED HERE: needs root, to start a supervisor that is not');
    await using repository = await temporaryRepository();
    const folder = path.dirname(repository.path);
    await using lifeline = await Lifeline.make(folder);
    // A program that becomes root, as sudo does: the kernel then lets nobody signal it.
    const becomeRoot = path.join(folder, 'become-root');
    await execa('cp', [(await execa('which', ['perl'])).stdout, becomeRoot]);
    await writeFile(`${becomeRoot}.pl`, `$( = $) = 0; ($<, $>) = (0, 0); $0 = 'root'; sleep 600;`);
    await repository.defineWorkflows({
      mixed: {
        command: perl(`child { exec '${becomeRoot}', '${becomeRoot}.pl' }; mark('up'); stay();`),
        env: { LIFELINE: lifeline.file },
      },
    });
    await execa('chown', ['-R', `${nobody}:${nobody}`, folder]);
    await execa('chown', ['root', becomeRoot]);
    await execa('chmod', ['4755', becomeRoot]);
    await execa('chmod', ['755', folder]);
    const user = {
      uid: nobody,
      gid: nobody,
      environment: { HOME: folder, TMPDIR: folder, USER: 'nobody', LOGNAME: 'nobody' },
    };
    const may = await execa(process.execPath, ['--version'], { uid: nobody, gid: nobody, reject: false, cwd: '/' });
    if (may.failed) skip('NOT TESTED HERE: another user may not read this folder');

    const options = { workflowName: 'mixed', directory: repository.path, message: '' };
    await using launcher = startHost(repository.stateFolder, { verb: 'run', options }, user);
    const launched = await launcher.answer;
    expect(launched?.error).toBeUndefined();
    const run = launched!.result!;
    lifeline.letGo();
    const child = await eventually(() => lifeline.holders().find(({ name }) => name === 'root'));
    await using bystanders = await Bystanders.gather(folder, run.runId, run.worktree!.path);
    keepChronicle(repository.stateFolder);

    const kill = { verb: 'kill', runId: run.runId, options: { force: true } } as const;
    await using killer = startHost(repository.stateFolder, kill, user);
    const report = (await killer.answer)?.result;
    expect(report).toMatchObject({ success: false });
    expect(report?.survivors).toEqual([{ pid: child.pid, name: 'root', reason: 'EPERM' }]);
    expect(isAlive(child)).toBe(true);

    await execa('chown', ['-R', 'root:root', folder]);
    await using scope = await testSupervisor(repository);
    const [found] = await scope.supervisor.recent({});
    expect(found?.run).toMatchObject({ status: 'terminating', killReport: { success: false } });
    // Root may.
    const second = await scope.supervisor.kill(run.runId, { force: true });
    expect(second).toMatchObject({ success: true, survivors: [] });
    expect(lifeline.isHeld()).toBe(false);
    const acknowledged = { runs: [run], reports: [second] };
    await expectInvariants({ repository, supervisor: scope.supervisor, bystanders, acknowledged });
  });

  test('a process in state D is named, and killed when it comes out of it', async ({ skip }) => {
    const freezer = '/sys/fs/cgroup/freezer';
    if (!isRoot || !existsSync(`${freezer}/cgroup.procs`)) {
      skip(
        'NOT TESTED HERE: needs root and the freezer of cgroup v1, which holds a process where no signal reaches it',
      );
    }
    const group = `${freezer}/warden-chaos-${process.pid}`;
    const shape: Shape = {
      name: 'held',
      command: perl(`child { mark('held'); stay() }; mark('command'); stay();`),
      marks: ['held', 'command'],
      stands: (holders) => holders.length === 2,
    };
    await using stage = await putOnStage(shape);
    const { supervisor, run } = stage;
    const held = stage.seen.find(({ pid }) => pid !== run.process!.command.pid)!;
    await mkdir(group);
    try {
      await writeFile(`${group}/cgroup.procs`, String(held.pid));
      await writeFile(`${group}/freezer.state`, 'FROZEN');
      await eventually(() => processAt(held.pid)?.state === 'D');
      const report = await supervisor.kill(run.runId, { force: true });
      expect(report).toMatchObject({ success: false });
      expect(report.survivors).toEqual([{ pid: held.pid, name: held.name, reason: 'uninterruptible' }]);
      expect((await supervisor.status(run.runId)).run.status).toBe('terminating');
      await expectInvariants({ ...stage, acknowledged: { runs: [run], reports: [] } });
      await writeFile(`${group}/freezer.state`, 'THAWED');
      await expectGone(stage, shape, { force: true });
    } finally {
      await writeFile(`${group}/freezer.state`, 'THAWED');
      await eventually(() => rmdir(group).then(() => true));
    }
  });
});
