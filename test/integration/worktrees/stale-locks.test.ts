import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { exists, git, temporaryRepository, writeFiles } from './temporary-repository.ts';

describe.skipIf(process.platform !== 'linux').concurrent('lock files that git left', () => {
  it('are removed: of the worktree, its branch and what the repository shares, and no others', async () => {
    const test = await temporaryRepository();
    const { gitDirectory } = test.repository;
    const [made, other] = [await test.create(), await test.create()];
    const [admin, otherAdmin] = await Promise.all(
      [made, other].map(async ({ path }) => await git(path, 'rev-parse', '--absolute-git-dir')),
    );
    const branchLock = (branch: string) => join(gitDirectory, 'refs/heads', `${branch}.lock`);
    const ofWorktree = ['HEAD.lock', 'ORIG_HEAD.lock', 'config.worktree.lock', 'index.lock'];
    const shared = ['packed-refs.lock', 'config.lock', 'shallow.lock'];
    const stale = [
      ...ofWorktree.map((name) => join(admin!, name)),
      join(admin!, 'logs/HEAD.lock'),
      branchLock(made.branch),
      ...shared.map((name) => join(gitDirectory, name)),
    ];
    const others = [
      branchLock(other.branch),
      branchLock('main'),
      join(gitDirectory, 'index.lock'),
      join(gitDirectory, 'HEAD.lock'),
      join(otherAdmin!, 'index.lock'),
    ];
    for (const file of [...stale, ...others]) await writeFile(file, '');

    expect([...(await test.worktrees.removeStaleLocks(made.path))].sort()).toEqual(stale.sort());

    for (const file of others) expect(await exists(file)).toBe(true);
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=works again');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
  });

  it('stay where they are of the repository and older than the worktree', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const lock = join(test.repository.gitDirectory, 'packed-refs.lock');
    await writeFile(lock, '');
    await utimes(lock, 1_700_000_000, 1_700_000_000);
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    expect(await exists(lock)).toBe(true);
  });

  it('stay where they are of the repository and a git lives in another worktree of it', async () => {
    const test = await temporaryRepository();
    const [made, other] = [await test.create(), await test.create()];
    const lock = join(test.repository.gitDirectory, 'config.lock');
    await writeFile(lock, '');
    const living = spawn('git', ['cat-file', '--batch'], { cwd: other.path, stdio: ['pipe', 'pipe', 'inherit'] });
    living.stdin.write('HEAD\n');
    await once(living.stdout, 'data');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    living.stdin.end();
    await once(living, 'close');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([lock]);
  });

  it('are removed of a worktree that the run was making itself, so that git can take it away; its files stay', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.slow filter=slow\n', fast: 'x', 'z.slow': 'x' });
    const made = await test.create();
    await rm(join(made.path, 'z.slow'));
    const begun = join(test.repository.gitDirectory, 'begun');
    await test.git('config', 'filter.slow.smudge', `echo > '${begun}'; exec sleep 600`);
    const own = join(test.worktreesFolder, 'own');
    const adding = spawn('git', ['worktree', 'add', '--quiet', own], {
      cwd: made.path,
      stdio: 'ignore',
      detached: true,
    });
    await eventually(async () => await exists(begun));
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    process.kill(-adding.pid!, 'SIGKILL');
    await once(adding, 'exit');
    const lock = join(test.repository.gitDirectory, 'worktrees/own/locked');
    expect(await readFile(lock, 'utf8')).toMatch(/^initializing/);

    const removed = await eventually(async () => {
      const paths = await test.worktrees.removeStaleLocks(made.path);
      return paths.length === 0 ? null : paths;
    });

    expect(removed).toContain(lock);
    expect(await readFile(join(own, 'fast'), 'utf8')).toBe('x');
    await test.git('worktree', 'remove', '--force', own);
    expect((await test.traces()).worktrees).toEqual([made.path]);
  });

  it('stay where they are of a worktree that was half-made before the run', async () => {
    const test = await temporaryRepository();
    const foreign = join(test.worktreesFolder, 'foreign');
    await test.git('worktree', 'add', '--quiet', foreign);
    const lock = join(test.repository.gitDirectory, 'worktrees/foreign/locked');
    await writeFile(lock, 'initializing');
    await utimes(lock, 1_700_000_000, 1_700_000_000);
    const made = await test.create();
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    expect(await exists(lock)).toBe(true);
  });

  it('stay while anyone has them open', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const lock = join(await git(made.path, 'rev-parse', '--absolute-git-dir'), 'index.lock');
    const file = await open(lock, 'w');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    await file.close();
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([lock]);
  });

  it('stay while a git lives in the worktree, which may have closed them and not be done', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(made.path, { 'sub/file': 'x' });
    const lock = join(await git(made.path, 'rev-parse', '--absolute-git-dir'), 'index.lock');
    const living = spawn('git', ['cat-file', '--batch'], {
      cwd: join(made.path, 'sub'),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    living.stdin.write('HEAD\n');
    await once(living.stdout, 'data');
    await writeFile(lock, '');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
    living.stdin.end();
    await once(living, 'close');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([lock]);
  });

  it('are left alone in a worktree that is not ours', async () => {
    const test = await temporaryRepository();
    const foreign = join(test.worktreesFolder, 'foreign');
    await test.git('worktree', 'add', '--quiet', foreign);
    const lock = join(await git(foreign, 'rev-parse', '--absolute-git-dir'), 'index.lock');
    await writeFile(lock, '');
    expect(await test.worktrees.removeStaleLocks(foreign)).toEqual([]);
    expect(await test.worktrees.removeStaleLocks(test.path)).toEqual([]);
    expect(await exists(lock)).toBe(true);
  });
});
