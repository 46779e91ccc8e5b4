import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

/** Starts the only workflow that there is and waits until it wrote the file `ready` in its worktree. */
async function started(
  command: { readonly command: readonly string[]; readonly env?: Record<string, string> },
  fault?: (ports: Ports) => Partial<Ports>,
) {
  const stack = new AsyncDisposableStack();
  onTestFinished(() => stack.disposeAsync());
  const repository = stack.use(await temporaryRepository());
  await repository.defineWorkflows({ only: command });
  const { supervisor, failures } = stack.use(await testSupervisor(repository, fault));
  const run = await supervisor.run({ workflowName: 'only', directory: repository.path, message: '' });
  const worktree = run.worktree!.path;
  const ready = await eventually(() => readFile(path.join(worktree, 'ready'), 'utf8').catch(() => null));
  const kill = (force = false): Promise<KillReport> => supervisor.kill(run.runId, { force });
  return { repository, supervisor, failures, run, worktree, ready, kill };
}

const folderOf = ({ runId }: Run): string => path.join(tmpdir(), `warden-${runId}`);

const temporaryFolderVariable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';

/** Listens, and writes down where; in a folder of its own, since sockets' paths are short. */
const listener = (program: string): { command: string[] } => ({
  command: [process.execPath, '--eval', `const net = require('node:net'), fs = require('node:fs'); ${program}`],
});

const onThreeSockets = listener(`
  const four = net.createServer().listen(0, '127.0.0.1', () => {
    const six = net.createServer().listen(0, '::1', () => {
      net.createServer().listen(process.env.TMPDIR + '/socket', () => {
        const udp = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', () => {
          fs.writeFileSync('ready.tmp', [four, six, udp].map((one) => one.address().port).join(' '));
          fs.renameSync('ready.tmp', 'ready');
        });
      });
    });
  });`);

const onOneSocket = listener(`
  const server = net.createServer().listen(0, '0.0.0.0', () => {
    fs.writeFileSync('ready.tmp', String(server.address().port));
    fs.renameSync('ready.tmp', 'ready');
  });`);

describe('after a kill, the ports of the run', () => {
  test.each([false, true])('are free: over IPv4, IPv6 and UDP (force: %s)', async (force) => {
    const { ready, kill, failures } = await started(onThreeSockets);
    const [four, six, udp] = ready.split(' ').map(Number);
    const { aftermath } = await kill(force);
    expect(aftermath?.ports).toHaveLength(3);
    for (const [port, protocol] of [
      [four, 'tcp'],
      [six, 'tcp'],
      [udp, 'udp'],
    ]) {
      expect(aftermath?.ports).toContainEqual({ port, protocol, state: 'free', holder: null });
    }
    expect(failures).toEqual([]);
  });

  test('that somebody else takes at once are named with him', async () => {
    let server: Server | null = null;
    const { ready, kill } = await started(onOneSocket, ({ executor }) => ({
      executor: new Proxy(executor, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'portStatesOf') return typeof value === 'function' ? value.bind(target) : value;
          return async (ports: Parameters<typeof executor.portStatesOf>[0]) => {
            server = createServer().listen(Number(ready), '127.0.0.1');
            await once(server, 'listening');
            return executor.portStatesOf(ports);
          };
        },
      }),
    }));
    onTestFinished(() => void server?.close());
    const { success, aftermath } = await kill();
    expect(success).toBe(true);
    const name = (await readFile('/proc/self/comm', 'utf8')).trim();
    const holder = { pid: process.pid, name };
    expect(aftermath?.ports).toEqual([{ port: Number(ready), protocol: 'tcp', state: 'taken', holder }]);
  });

  test('are not told where somebody else listened there all the time', async () => {
    const other = createServer().listen(0, '127.0.0.2');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { kill } = await started(
      listener(`net.createServer().listen(${port}, '127.0.0.1', () => fs.writeFileSync('ready', 'x'))`),
    );
    expect((await kill()).aftermath?.ports).toEqual([]);
  });

  test('go with a network of its own', async (context) => {
    const { failed } = await execa('unshare', ['-n', 'true'], { reject: false });
    if (failed) {
      console.warn('NOT TESTED HERE: a run in a network namespace of its own');
      context.skip('no network namespaces');
    }
    const { kill } = await started({ command: ['unshare', '-n', ...onOneSocket.command] });
    expect(await kill()).toMatchObject({ success: true, aftermath: { ports: [] } });
  });

  test('do not keep a kill from its end when they cannot be found out', async () => {
    const { kill, failures } = await started(onOneSocket, ({ executor }) => ({
      executor: new Proxy(executor, {
        get(target, name) {
          if (name === 'ownPortsOf') return () => Promise.reject(new Error('no ports today'));
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));
    expect(await kill()).toMatchObject({ success: true, aftermath: { ports: [] } });
    expect(failures).toMatchObject([{ during: 'looking for ports' }]);
  });
});

describe('the temporary files of a run', () => {
  test('are in a folder of its own, which a kill removes; what links lead to stays', async () => {
    const { repository, run, kill } = await started(
      shell(
        `printf 12345 > "$TMPDIR/file"; mkdir "$TMPDIR/sub"; echo x > "$TMPDIR/sub/other"
         ln -s "$WARDEN_ROOT" "$TMPDIR/outside"; ln -s "$WARDEN_ROOT/README.md" "$TMPDIR/sub/file-outside"
         echo > ready; sleep 600`,
      ),
    );
    expect((await stat(folderOf(run))).mode & 0o777).toBe(0o700);

    const { aftermath } = await kill();

    expect(aftermath?.temporaryFiles).toMatchObject({ files: 4, complete: true });
    expect(aftermath?.temporaryFiles?.bytes).toBeGreaterThan(6);
    expect(existsSync(folderOf(run))).toBe(false);
    expect(await readFile(path.join(repository.path, 'README.md'), 'utf8')).toBe('# A repository\n');
    expect(await readFile(path.join(repository.path, '.vscode', 'workflows.json'), 'utf8')).toContain('only');
  });

  test('stay after it ended by itself, until its worktree goes', async () => {
    const { supervisor, repository, run } = await started(shell('echo > "$TMPDIR/file"; echo > ready'));
    await supervisor.wait(run.runId);
    expect(existsSync(path.join(folderOf(run), 'file'))).toBe(true);
    await supervisor.cleanup({ directory: repository.path, dryRun: false, maxAgeHours: 0, force: true });
    expect(existsSync(folderOf(run))).toBe(false);
  });

  test('go with the next cleanup where a person removed the worktree', async () => {
    const { supervisor, repository, run, worktree } = await started(shell('echo > "$TMPDIR/file"; echo > ready'));
    await supervisor.wait(run.runId);
    await repository.git('worktree', 'remove', '--force', '--force', worktree);
    await supervisor.cleanup({ directory: repository.path, dryRun: true });
    expect(existsSync(folderOf(run))).toBe(true);
    await supervisor.cleanup({ directory: repository.path, dryRun: false });
    expect(existsSync(folderOf(run))).toBe(false);
  });

  test('of a run that was started from within another stay when that one is killed', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ idle: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const outer = await scope.supervisor.run({ workflowName: 'idle', directory: repository.path, message: '' });
    vi.stubEnv(temporaryFolderVariable, folderOf(outer));
    onTestFinished(() => void vi.unstubAllEnvs());
    const inner = await scope.supervisor.run({ workflowName: 'idle', directory: repository.path, message: '' });
    vi.unstubAllEnvs();
    await scope.supervisor.kill(outer.runId);
    expect([existsSync(folderOf(outer)), existsSync(folderOf(inner))]).toEqual([false, true]);
  });

  test('go where the workflow says', async () => {
    const env = { [temporaryFolderVariable]: tmpdir() };
    const { ready } = await started({ ...shell(`printf %s "$${temporaryFolderVariable}" > ready; sleep 600`), env });
    expect(ready).toBe(tmpdir());
  });

  test('go where others’ do when something is in the place of the folder, which is not touched', async () => {
    let planted = '';
    const { repository, ready, run, kill, failures } = await started(
      shell('echo "$TMPDIR" > ready; sleep 600'),
      ({ folders, temporaryFolders }) => ({
        temporaryFolders: new Proxy(temporaryFolders, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name, target);
            if (name !== 'create') return typeof value === 'function' ? value.bind(target) : value;
            return async (runId: Run['runId']) => {
              planted = path.join(tmpdir(), `warden-${runId}`);
              await symlink(path.dirname(folders.pathOf(runId)), planted);
              return temporaryFolders.create(runId);
            };
          },
        }),
      }),
    );
    onTestFinished(() => execa('rm', [planted]).then(() => undefined));
    expect(ready).not.toBe(`${folderOf(run)}\n`);
    expect(failures).toMatchObject([{ error: { code: 'EEXIST' } }]);
    expect((await kill()).aftermath?.temporaryFiles).toBeNull();
    expect(existsSync(path.join(planted, run.runId))).toBe(true);
    expect(existsSync(repository.stateFolder)).toBe(true);
  });

  test('of a launch that fails go with it', async () => {
    await using repository = await temporaryRepository();
    const seen = path.join(repository.stateFolder, '..', 'seen');
    const setup = ['sh', '-c', `printf %s "$TMPDIR" > "${seen}"; echo > "$TMPDIR/file"; exit 1`];
    await repository.defineWorkflows({ broken: { ...shell('true'), setup } });
    await using scope = await testSupervisor(repository);
    const launch = scope.supervisor.run({ workflowName: 'broken', directory: repository.path, message: '' });
    await expect(launch).rejects.toMatchObject({ code: 'launch_failed' });
    const folder = await readFile(seen, 'utf8');
    expect(path.basename(folder)).toMatch(/^warden-run_/);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('after a kill, the repository', () => {
  test('is usable again where git was killed in the middle of a commit', async () => {
    const hook = '#!/bin/sh\necho > ready\nexec sleep 600\n';
    const { worktree, kill, run } = await started({
      command: [
        'sh',
        '-c',
        `mkdir hooks; printf '${hook.replaceAll('\n', '\\n')}' > hooks/pre-commit; chmod +x hooks/pre-commit
         echo more >> README.md; git -c core.hooksPath=hooks commit --all -m more`,
      ],
    });
    const { success, method, aftermath } = await kill(true);
    expect({ success, method }).toEqual({ success: true, method: 'system' });
    const admin = (await execa('git', ['rev-parse', '--absolute-git-dir'], { cwd: worktree })).stdout;
    expect(aftermath?.locksRemoved).toEqual([path.join(admin, 'index.lock')]);
    expect(aftermath?.repository).toEqual({ state: 'usable', operation: null });
    await execa('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', 'commit', '--all', '-m', run.runId], {
      cwd: worktree,
    });
  });

  test('is not known where git does not answer, and the kill is a success', async () => {
    const { kill } = await started(shell('echo > ready; sleep 600'), ({ worktrees }) => ({
      worktrees: { ...worktrees, usabilityOf: () => new Promise(() => undefined) },
    }));
    const { success, aftermath } = await kill();
    expect(success).toBe(true);
    expect(aftermath?.repository).toEqual({ state: 'unknown', detail: 'git did not answer in time' });
  });

  test('is told to be damaged where its index is, and the kill is a success', async () => {
    const { kill, supervisor, run } = await started(
      shell(': > "$(git rev-parse --git-dir)/index"; echo > ready; sleep 600'),
    );
    const { success, aftermath } = await kill();
    expect(success).toBe(true);
    expect(aftermath?.repository).toEqual({ state: 'damaged', detail: expect.stringContaining('index') });
    await supervisor.settled();
    const entries = await supervisor.audit({ runId: run.runId });
    expect(entries.at(-1)).toMatchObject({ action: 'checkpoint', outcome: 'failed' });
  });
});

describe('after a kill, a checkpoint', () => {
  test('holds staged and untracked work; the worktree stays as it is', async () => {
    const { kill, supervisor, run, repository, worktree, failures } = await started(
      shell('echo s > staged; git add staged; echo u > untracked; echo more >> README.md; echo > ready; sleep 600'),
    );
    await kill();
    await supervisor.settled();
    const ref = `refs/warden/checkpoints/${run.runId}/1`;
    const entries = await supervisor.audit({ runId: run.runId });
    expect(entries.at(-1)).toMatchObject({ action: 'checkpoint', outcome: 'done', facts: { checkpoint: ref } });
    const files = await repository.git('ls-tree', '--name-only', ref);
    expect(files.split('\n')).toEqual(expect.arrayContaining(['README.md', 'staged', 'untracked']));
    const status = await repository.git('-C', worktree, 'status', '--porcelain');
    expect(status.split('\n').sort()).toEqual([' M README.md', '?? ready', '?? untracked', 'A  staged']);
    expect(failures).toEqual([]);
  });

  test('is taken once, however many asked, and not of a run that changed nothing', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ idle: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const run = await supervisor.run({ workflowName: 'idle', directory: repository.path, message: '' });
    await supervisor.kill(run.runId);
    const changed = await supervisor.run({ workflowName: 'idle', directory: repository.path, message: '' });
    await writeFile(path.join(changed.worktree!.path, 'new'), 'x');
    await Promise.all(Array.from({ length: 10 }, () => supervisor.kill(changed.runId)));
    await supervisor.settled();
    const actions = async ({ runId }: Run) => (await supervisor.audit({ runId })).map(({ action }) => action);
    expect(await actions(run)).not.toContain('checkpoint');
    expect((await actions(changed)).filter((action) => action === 'checkpoint')).toHaveLength(1);
    expect(await repository.git('for-each-ref', '--format=%(refname)', 'refs/warden')).toBe(
      `refs/warden/checkpoints/${changed.runId}/1`,
    );
  });

  test('is given up, with all that git started for it, where a filter of the repository never ends', async () => {
    let isEndless = false;
    const { repository, supervisor, failures, run, worktree, kill } = await started(
      shell('echo > ready; sleep 600'),
      ({ clock }) => ({
        // A minute is over as soon as the filter is at work.
        clock: {
          ...clock,
          sleep: (milliseconds, signal) =>
            milliseconds === 60_000
              ? eventually(() => isEndless).then(() => undefined)
              : clock.sleep(milliseconds, signal),
        },
      }),
    );
    const begun = path.join(repository.stateFolder, 'begun');
    await repository.git('config', 'filter.endless.clean', `sh -c 'echo $$ > "${begun}"; exec sleep 600'`);
    await writeFile(path.join(worktree, '.gitattributes'), '*.txt filter=endless\n');
    await writeFile(path.join(worktree, 'a.txt'), 'a');
    expect(await kill()).toMatchObject({ success: true });
    const filter = Number(await eventually(() => readFile(begun, 'utf8').catch(() => null)));
    isEndless = true;
    await eventually(async () => (await supervisor.audit({ runId: run.runId })).at(-1)?.outcome === 'failed');
    await eventually(() => !existsSync(`/proc/${filter}`));
    await eventually(() => failures.length > 0);
    expect(failures).toMatchObject([{ during: `keeping the work of ${run.runId}` }]);
    expect(existsSync(path.join(worktree, 'a.txt'))).toBe(true);
  });
});

test('after a kill it is told what of the machine is short, and of a machine that does not tell nothing', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ hang: { command: ['sleep', '600'] } });
  const asked: (readonly string[])[] = [];
  let tells = true;
  await using scope = await testSupervisor(repository, () => ({
    machine: {
      look: (paths) => {
        asked.push(paths);
        if (!tells) return Promise.reject(new Error('not told'));
        const disks = paths.map((path) => ({ path, freeBytes: 1 }));
        return Promise.resolve({ loadPerCore: null, memory: { freeBytes: 1, totalBytes: 2 }, disks });
      },
    },
  }));
  const killed = async () => {
    const request = { workflowName: 'hang', directory: repository.path, message: '' };
    const run = await scope.supervisor.run(request);
    const { success, aftermath } = await scope.supervisor.kill(run.runId);
    expect(success).toBe(true);
    return { path: run.worktree?.path, shortages: aftermath?.shortages };
  };

  const { path, shortages } = await killed();
  expect(asked[0]).toContain(path);
  expect(shortages).toEqual(asked[0]?.map((one) => ({ of: 'disk', path: one, freeBytes: 1 })));
  tells = false;
  expect((await killed()).shortages).toEqual([]);
});
