import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, git, temporaryRepository, writeFiles } from './temporary-repository.ts';

describe.skipIf(process.platform !== 'linux').concurrent('lock files that git left', () => {
  it('are removed: of the index, of HEAD and of the run’s branch, and no others', async () => {
    const test = await temporaryRepository();
    const [made, other] = [await test.create(), await test.create()];
    const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
    const branchLock = (branch: string) => join(test.repository.gitDirectory, 'refs/heads', `${branch}.lock`);
    const stale = [join(admin, 'index.lock'), join(admin, 'HEAD.lock'), branchLock(made.branch)];
    const others = [branchLock(other.branch), branchLock('main'), join(test.repository.gitDirectory, 'index.lock')];
    for (const file of [...stale, ...others]) await writeFile(file, '');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual(stale);
    for (const file of others) expect(await exists(file)).toBe(true);
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=works again');
    expect(await test.worktrees.removeStaleLocks(made.path)).toEqual([]);
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
