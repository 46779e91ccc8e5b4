import { execa } from 'execa';
import { mkdir, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { expectInvariants } from '../invariants.ts';
import { Bystanders } from '../stage/bystanders.ts';
import { keepChronicle } from '../stage/chronicle.ts';
import { seed } from '../stage/form.ts';

describe.skipIf(process.platform !== 'linux')(`a full disk, seed ${seed}`, () => {
  test('while output and exit record are written keeps the exit code, and what was written until then', async ({
    skip,
  }) => {
    await using repository = await temporaryRepository();
    const { stateFolder } = repository;
    await repository.defineWorkflows({
      // Waits for the file, writes more than there is room for, and ends with a code of its own.
      writer: shell(
        'until [ -e go ]; do sleep 0.05; done; head -c 8000000 /dev/zero | tr "\\\\0" x; echo over >&2; exit 7',
      ),
    });
    await mkdir(stateFolder);
    const mount = ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', stateFolder];
    const mounted = await execa('mount', mount, { reject: false });
    if (mounted.failed) skip('NOT TESTED HERE: needs the right to mount');
    try {
      await using scope = await testSupervisor(repository);
      keepChronicle(stateFolder);
      const { supervisor } = scope;
      const run = await supervisor.run({ workflowName: 'writer', directory: repository.path, message: '' });
      await using bystanders = await Bystanders.gather(path.dirname(repository.path), run.runId, run.worktree!.path);
      const ballast = path.join(stateFolder, 'ballast');
      await execa('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k', 'count=1024'], { reject: false });
      await execa('touch', [path.join(run.worktree!.path, 'go')]);
      await eventually(() => (processIsGone(run.process!.wrapper.pid) ? true : null));
      const { stdout: free } = await execa('df', ['--output=avail', stateFolder]);
      expect(Number(free.split('\n')[1]), 'free on the disk').toBe(0);
      // Nobody can write how it ended; nothing else is claimed meanwhile.
      await supervisor.reconcile().catch(() => undefined);
      const before = (await supervisor.recent({}))[0]!.run;
      expect(before.status === 'running' || before.exitCode === 7).toBe(true);
      await rm(ballast);
      await truncate(supervisor.outputFileOf(run.runId), 65_536);
      const { run: ended } = await supervisor.wait(run.runId);
      expect(ended).toMatchObject({ status: 'failed', exitCode: 7, reason: { code: 'exit_code' } });
      const output = Buffer.from(await supervisor.logs(run.runId, 0, 1_000)).toString();
      expect(output).toBe('x'.repeat(1_000));
      await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs: [run], reports: [] } });
    } finally {
      await execa('umount', [stateFolder]);
    }
  });
});

function processIsGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
