import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Finding, type FindingCode, findingKey } from '../../../src/core/diagnosis.ts';
import type { Run } from '../../../src/core/run.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { begunRun, runFile } from '../../support/begun-run.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

const strangeRun = runIdFrom(new Uint8Array([0xab, 0xcd, 0xef, 1, 2, 3]));

/** What is found that depends on the machine alone. */
const ofMachine: ReadonlySet<FindingCode> = new Set(['no_subreaper', 'no_control_group', 'low_disk', 'old_git']);

/** Other tests start processes of runs of their own. */
const isElsewhere = (one: Finding): boolean => one.code === 'unknown_process' && !one.isOurs;

class Doctor {
  readonly #scope: TestSupervisor;
  readonly #directories: readonly string[];

  constructor(scope: TestSupervisor, repository: TemporaryRepository) {
    this.#scope = scope;
    this.#directories = [repository.path];
  }

  async found(): Promise<readonly Finding[]> {
    const { findings } = await this.#scope.supervisor.doctor({ directories: this.#directories });
    return findings.map(({ finding }) => finding).filter((one) => !ofMachine.has(one.code) && !isElsewhere(one));
  }

  async brief(): Promise<readonly string[]> {
    return (await this.found()).map(findingKey).sort();
  }

  /** Repairs all that can be, each of which must be found no more. */
  async repaired(): Promise<readonly string[]> {
    const repair = (await this.found()).map(findingKey);
    const { findings } = await this.#scope.supervisor.doctor({ directories: this.#directories, repair });
    const tried = findings.filter((one) => one.repaired !== null);
    expect(tried.filter((one) => one.repaired !== true)).toEqual([]);
    return tried.map(({ finding }) => findingKey(finding)).sort();
  }
}

async function overRun(repository: TemporaryRepository, { supervisor }: TestSupervisor, line = 'true'): Promise<Run> {
  await repository.defineWorkflows({ quick: shell(line) });
  const run = await supervisor.run({ workflowName: 'quick', directory: repository.path, message: '' });
  return (await supervisor.wait(run.runId)).run;
}

describe.skipIf(process.platform !== 'linux').concurrent('the doctor', () => {
  test('finds nothing wrong while a run is under way and after it is over', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    expect(await doctor.brief()).toEqual([]);
    await repository.defineWorkflows({ worker: shell('touch "$WARDEN_RUN_DIR/begun"; sleep 600') });
    const run = await begunRun(repository, scope);
    expect(await doctor.brief()).toEqual([]);
    await scope.supervisor.kill(run.runId, { force: true });
    expect(await doctor.brief()).toEqual([]);
  });

  test('finds a run without its processes, changes nothing by looking, and brings its row in line when told to', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    await repository.defineWorkflows({ worker: shell('touch "$WARDEN_RUN_DIR/begun"; sleep 600') });
    const run = await begunRun(repository, scope);
    await eventually(() => {
      // One of them may just be starting another.
      const pids = processesOf(run.runId);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length === 0;
    });
    const lost = [`lost_run ${run.runId}`];
    expect(await doctor.brief()).toEqual(lost);
    expect(await doctor.brief()).toEqual(lost);
    expect(await doctor.repaired()).toEqual(lost);
    expect((await scope.supervisor.status(run.runId)).run).toMatchObject({ status: 'failed' });
    expect(await doctor.brief()).toEqual([]);
    const repairs = (await scope.supervisor.audit({ runId: run.runId })).filter(({ action }) => action === 'repair');
    expect(repairs).toMatchObject([
      { outcome: 'asked', facts: { finding: 'lost_run' } },
      { outcome: 'done', facts: { finding: 'lost_run' } },
    ]);
  });

  test('finds and takes back a launch whose launcher has gone', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    await repository.defineWorkflows({ worker: { ...shell('sleep 600'), setup: ['sleep', '600'] } });
    await using other = startOtherProcess(
      'run',
      { workflowName: 'worker', directory: repository.path, message: '' },
      repository.stateFolder,
    );
    const run = await eventually(async () => {
      const [report] = await scope.supervisor.recent({});
      return report !== undefined && processesOf(report.run.runId).length > 0 ? report.run : null;
    });
    await other.crash();
    expect(await doctor.brief()).toContain(`interrupted_launch ${run.runId}`);
    await doctor.repaired();
    expect(processesOf(run.runId)).toEqual([]);
    expect(existsSync(`${repository.path}.worktrees`)).toBe(false);
    expect(await doctor.brief()).toEqual([]);
  });

  test('ends what carries the cookie of a run that is over, and leaves alone whose run it does not know', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    const start = (runId: string, folder: string) =>
      spawn('sleep', ['600'], {
        env: { ...process.env, WARDEN_RUN_ID: runId, WARDEN_RUN_DIR: folder },
        stdio: 'ignore',
      });
    const orphan = start(run.runId, runFile(repository, run.runId));
    const stranger = start(strangeRun, runFile(repository, strangeRun));
    try {
      const unknown = `unknown_process ${stranger.pid}`;
      await eventually(async () => (await doctor.brief()).length === 2);
      expect(await doctor.brief()).toEqual([`orphan_process ${orphan.pid}`, unknown].sort());
      expect(await doctor.repaired()).toEqual([`orphan_process ${orphan.pid}`]);
      await eventually(() => orphan.signalCode === 'SIGKILL');
      expect(await doctor.brief()).toEqual([unknown]);
      expect(stranger.signalCode).toBeNull();
    } finally {
      orphan.kill('SIGKILL');
      stranger.kill('SIGKILL');
    }
  });

  test('makes git forget a worktree whose folder is gone, with its commits kept, and no other', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const commit = 'echo x > made && git add made && git commit --quiet -m made';
    const [run, other] = [await overRun(repository, scope, commit), await overRun(repository, scope)];
    await repository.git('worktree', 'add', '--quiet', '--detach', `${repository.path}-foreign`);
    const tip = await repository.git('rev-parse', run.worktree!.branch);
    await rm(run.worktree!.path, { recursive: true });
    await rm(`${repository.path}-foreign`, { recursive: true });
    const foreign = `foreign_worktrees ${repository.path}`;
    expect(await doctor.brief()).toEqual([foreign, `missing_worktree ${run.worktree!.path}`]);
    expect(await doctor.repaired()).toEqual([`missing_worktree ${run.worktree!.path}`]);
    expect(await doctor.brief()).toEqual([foreign]);
    const listed = await repository.git('worktree', 'list');
    expect(listed).toContain(other.worktree!.path);
    expect(listed).toContain(`${repository.path}-foreign`);
    expect(await repository.git('cat-file', '-t', tip)).toBe('commit');
    expect(await repository.git('for-each-ref', '--contains', tip)).not.toBe('');
    expect((await scope.supervisor.status(run.runId)).run.worktree).toBeNull();
  });

  test('leaves a worktree whose folder is gone while its run is under way', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    await repository.defineWorkflows({ worker: shell('touch "$WARDEN_RUN_DIR/begun"; cd /; exec sleep 600') });
    const run = await begunRun(repository, scope);
    await rm(run.worktree!.path, { recursive: true });
    expect(await doctor.found()).toMatchObject([
      { code: 'missing_worktree', isRepairable: false, reasons: [{ code: 'active' }] },
    ]);
    expect(await doctor.repaired()).toEqual([]);
    expect(await repository.git('worktree', 'list')).toContain(run.worktree!.path);
  });

  test('takes back what a launch left unfinished, and nothing where the worktree is whole', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    const { path: worktree, branch } = run.worktree!;
    const announcement = path.join(repository.path, '.git', `warden-creating-${run.runId}.json`);
    const { runId, baseCommit } = run;
    await writeFile(announcement, JSON.stringify({ version: 1, runId, branch, baseCommit, restored: null }));
    expect(await doctor.brief()).toEqual([]);
    await repository.git('worktree', 'remove', '-f', '-f', worktree);
    expect(await doctor.brief()).toEqual([`unfinished_worktree ${branch}`]);
    expect(await doctor.repaired()).toEqual([`unfinished_worktree ${branch}`]);
    expect(existsSync(announcement)).toBe(false);
    expect(await repository.git('branch', '--list', branch)).toBe('');
  });

  test('tells of folders among the worktrees that git does not know, and of branches of unknown runs; both stay', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const folder = `${repository.path}.worktrees/left`;
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'work'), 'x');
    await repository.git('branch', 'warden/builder/abcdef010203');
    await repository.git('update-ref', `refs/warden/checkpoints/${strangeRun}/1`, 'HEAD');
    const found = [
      'branch_of_unknown_run warden/builder/abcdef010203',
      `checkpoints_of_unknown_run ${strangeRun}`,
      `unregistered_folder ${folder}`,
    ];
    expect(await doctor.brief()).toEqual(found);
    expect(await doctor.repaired()).toEqual([]);
    expect(await doctor.brief()).toEqual(found);
    expect(existsSync(path.join(folder, 'work'))).toBe(true);
  });

  test('tells what of removed worktrees is still on the disk, which it deletes when told to, and a cleanup in any case', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const left = `${repository.path}.worktrees/.trash/quick-012345678901-0123456789abcdef.removed`;
    await mkdir(path.join(left, 'folder'), { recursive: true });
    expect(await doctor.brief()).toEqual([`undeleted_worktree ${left}`]);
    expect(await doctor.repaired()).toEqual([`undeleted_worktree ${left}`]);
    await mkdir(path.join(left, 'folder'), { recursive: true });
    await scope.supervisor.cleanup({ directory: repository.path, dryRun: false });
    await eventually(() => !existsSync(`${repository.path}.worktrees`));
  });

  test('removes a stale lock of git once its run is over, and one that is in use never', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const [run, other] = [await overRun(repository, scope), await overRun(repository, scope)];
    const adminOf = ({ worktree }: Run) => path.join(repository.path, '.git/worktrees', path.basename(worktree!.path));
    const [stale, used] = [run, other].map((one) => path.join(adminOf(one), 'index.lock'));
    await writeFile(stale!, '');
    const user = spawn('sh', ['-c', 'exec 3>"$0"; echo open; exec sleep 600', used!], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await new Promise((resolve) => user.stdout.once('data', resolve));
      expect(await doctor.brief()).toEqual([`stale_lock ${stale}`]);
      expect(await doctor.repaired()).toEqual([`stale_lock ${stale}`]);
      expect([existsSync(stale!), existsSync(used!)]).toEqual([false, true]);
      expect(await doctor.brief()).toEqual([]);
    } finally {
      user.kill('SIGKILL');
    }
  });

  test('tells of a damaged index and leaves it', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    const index = path.join(repository.path, '.git/worktrees', path.basename(run.worktree!.path), 'index');
    await writeFile(index, 'no index');
    const damaged = `damaged_worktree ${run.worktree!.path}`;
    expect(await doctor.brief()).toEqual([damaged]);
    expect(await doctor.repaired()).toEqual([]);
    expect(await readFile(index, 'utf8')).toBe('no index');
  });
});

describe.skipIf(process.platform !== 'linux').concurrent('the doctor, of what is kept,', () => {
  test('brings the rows of checkpoints in line with their refs, and tells of one that is not whole', async () => {
    await using repository = await temporaryRepository();
    let ports: Ports | null = null;
    await using scope = await testSupervisor(repository, (all) => ((ports = all), {}));
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope, 'echo work > made');
    const ref = await scope.supervisor.checkpoint(run.runId);
    expect(await doctor.brief()).toEqual([]);
    const commit = await repository.git('rev-parse', ref!);
    await ports!.store.keepCheckpoints(run.runId, []);
    expect(await doctor.brief()).toEqual([`unrecorded_checkpoint ${ref}`]);
    expect(await doctor.repaired()).toEqual([`unrecorded_checkpoint ${ref}`]);
    await repository.git('update-ref', '-d', ref!);
    expect(await doctor.repaired()).toEqual([`lost_checkpoint ${ref}`]);
    expect(await repository.git('rev-parse', ref!)).toBe(commit);
    expect(await doctor.brief()).toEqual([]);
    const object = path.join(repository.path, '.git/objects', commit.slice(0, 2), commit.slice(2));
    await rename(object, `${object} elsewhere`);
    await rm(path.join(repository.path, '.git', ref!));
    expect(await doctor.brief()).toEqual([`lost_checkpoint ${ref}`]);
    expect(await doctor.repaired()).toEqual([`lost_checkpoint ${ref}`]);
    const done = (await scope.supervisor.audit({ runId: run.runId })).find(
      ({ facts, outcome }) => facts['finding'] === 'lost_checkpoint' && outcome === 'done',
    );
    expect(done?.facts).toMatchObject({ commit });

    await rename(`${object} elsewhere`, object);
    await repository.git('update-ref', ref!, commit);
    expect(await doctor.repaired()).toEqual([`unrecorded_checkpoint ${ref}`]);
    const blob = await repository.git('rev-parse', `${commit}:made`);
    await rm(path.join(repository.path, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    expect(await doctor.found()).toMatchObject([{ code: 'damaged_checkpoint', ref, severity: 'critical' }]);
    expect(await doctor.repaired()).toEqual([]);
    expect(await repository.git('rev-parse', ref!)).toBe(commit);
  });

  test('tells of run folders without a row and of rows without a folder; both stay', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    await rm(runFile(repository, run.runId), { recursive: true });
    await mkdir(runFile(repository, strangeRun), { mode: 0o700 });
    const found = [`folder_without_run ${strangeRun}`, `run_without_folder ${run.runId}`];
    expect(await doctor.brief()).toEqual(found);
    expect(await doctor.repaired()).toEqual([]);
    expect(await doctor.brief()).toEqual(found);
  });

  test('removes temporary files of a run that is over and has no worktree, not those of one that has', async () => {
    await using repository = await temporaryRepository();
    let ports: Ports | null = null;
    await using scope = await testSupervisor(repository, (all) => ((ports = all), {}));
    const doctor = new Doctor(scope, repository);
    const [run, other] = [
      await overRun(repository, scope, 'touch "$TMPDIR/left"'),
      await overRun(repository, scope, 'touch "$TMPDIR/left"'),
    ];
    expect(await doctor.brief()).toEqual([]);
    const [folder, otherFolder] = await Promise.all(
      [run, other].map(({ runId }) => readFile(runFile(repository, runId, 'temporary-folder'), 'utf8')),
    );
    await repository.git('worktree', 'remove', '-f', '-f', run.worktree!.path);
    await ports!.store.change(run.runId, () => true, { worktree: null });
    expect(await doctor.brief()).toContain(`temporary_files ${run.runId}`);
    await doctor.repaired();
    expect([existsSync(folder!), existsSync(otherFolder!)]).toEqual([false, true]);
  });

  test('takes from others the rights that they have on the state folder', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    const folders = [repository.stateFolder, runFile(repository, run.runId)];
    for (const folder of folders) await chmod(folder, 0o755);
    const open = folders.map((folder) => `open_permissions ${folder}`);
    expect(await doctor.brief()).toEqual(open);
    expect(await doctor.repaired()).toEqual(open);
    for (const folder of folders) expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test('gives the watch free when who held it is gone', async () => {
    await using repository = await temporaryRepository();
    let ports: Ports | null = null;
    await using scope = await testSupervisor(repository, (all) => ((ports = all), {}));
    const doctor = new Doctor(scope, repository);
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    const lease = await eventually(() => ports!.store.lease());
    expect(await doctor.brief()).toEqual([]);
    await other.crash();
    const abandoned = `abandoned_lease ${lease.holder.pid}`;
    expect(await doctor.brief()).toEqual([abandoned]);
    expect(await doctor.repaired()).toEqual([abandoned]);
    expect(await ports!.store.lease()).toBeNull();
  });

  test('finds a damaged page of the database, and has it made anew, with the damaged one set aside', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const doctor = new Doctor(scope, repository);
    const run = await overRun(repository, scope);
    const file = path.join(repository.stateFolder, 'warden.db');
    await damageTable(file, 'samples');
    expect(await doctor.brief()).toEqual([`damaged_database ${file}`]);
    expect(await doctor.repaired()).toEqual([`damaged_database ${file}`]);
    expect(await doctor.brief()).toEqual([]);
    expect((await scope.supervisor.status(run.runId)).run).toMatchObject({ status: 'completed' });
    expect((await readdir(repository.stateFolder)).some((name) => name.startsWith('warden.db.damaged-'))).toBe(true);
  });
});

/** Overwrites the first page of a table, as a failing disk might. */
async function damageTable(file: string, table: string): Promise<void> {
  const database = new Database(file);
  database.pragma('wal_checkpoint(TRUNCATE)');
  const page = Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table));
  const size = Number(database.pragma('page_size', { simple: true }));
  database.close();
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(size, 'x'), 0, size, (page - 1) * size);
  await handle.close();
}
