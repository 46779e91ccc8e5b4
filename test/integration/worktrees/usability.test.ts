import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryRepository, writeFiles } from './temporary-repository.ts';

/** A worktree of ours with a few files in its index. */
async function worktreeWithFiles() {
  const test = await temporaryRepository();
  const made = await test.create();
  await writeFiles(made.path, Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`file ${index}`, 'x\n'])));
  await git(made.path, 'add', '--all');
  const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
  return { test, made, admin, index: join(admin, 'index'), look: () => test.worktrees.usabilityOf(made.path) };
}

describe.concurrent('whether git can go on in a worktree', () => {
  it('it can, whatever is staged', async () => {
    const { look } = await worktreeWithFiles();
    expect(await look()).toEqual({ state: 'usable', operation: null });
  });

  it('it can in the middle of a merge, which is named', async () => {
    const { made, look } = await worktreeWithFiles();
    await git(made.path, 'commit', '--quiet', '--message=ours');
    await git(made.path, 'checkout', '--quiet', '-b', 'theirs', made.baseCommit);
    await writeFiles(made.path, { 'file 1': 'theirs' });
    await git(made.path, 'add', '--all');
    await git(made.path, 'commit', '--quiet', '--message=theirs');
    await expect(git(made.path, 'merge', made.branch)).rejects.toThrow();
    expect(await look()).toEqual({ state: 'usable', operation: 'merge' });
  });

  it('it can on a branch that has no commit yet, and without an index', async () => {
    const { made, index, look } = await worktreeWithFiles();
    await git(made.path, 'checkout', '--quiet', '--orphan', 'anew');
    expect(await look()).toEqual({ state: 'usable', operation: null });
    await rm(index);
    expect(await look()).toEqual({ state: 'usable', operation: null });
  });

  it.each([0, 5, 40, 700])('it cannot with an index that was cut off after %i bytes', async (bytes) => {
    const { index, look } = await worktreeWithFiles();
    await truncate(index, bytes);
    expect(await look()).toEqual({ state: 'damaged', detail: expect.stringMatching(/index|signature|fatal/) });
  });

  it('it cannot with an index that was written over', async () => {
    const { index, look } = await worktreeWithFiles();
    const content = await readFile(index);
    content.fill(7, 100, 110);
    await writeFile(index, content);
    expect(await look()).toMatchObject({ state: 'damaged' });
  });

  it('it cannot when its branch leads nowhere, in git’s own words', async () => {
    const { test, made, look } = await worktreeWithFiles();
    await truncate(join(test.repository.gitDirectory, 'refs/heads', made.branch), 0);
    expect(await look()).toEqual({ state: 'damaged', detail: expect.stringContaining("bad revision 'HEAD'") });
    await writeFile(join(test.repository.gitDirectory, 'refs/heads', made.branch), `${'1'.repeat(40)}\n`);
    expect(await look()).toEqual({ state: 'damaged', detail: expect.stringContaining('bad object') });
  });

  it('is unknown where the worktree has gone, or is not ours', async () => {
    const { test, made, look } = await worktreeWithFiles();
    expect(await test.worktrees.usabilityOf(test.path)).toMatchObject({ state: 'unknown' });
    await rm(made.path, { recursive: true });
    expect(await look()).toEqual({ state: 'unknown', detail: expect.stringContaining(made.path) });
  });
});

describe.concurrent('a checkpoint of a worktree that stays', () => {
  it('holds staged, changed and untracked files, and leaves everything as it was', async () => {
    const { test, made, admin, index } = await worktreeWithFiles();
    await appendFile(join(made.path, 'README.md'), 'more\n');
    await writeFiles(made.path, { 'new/untracked': 'u' });
    const before = [await git(made.path, 'status', '--porcelain'), await readFile(index, 'latin1')];

    const ref = await test.worktrees.checkpoint({ ...made, why: 'kill' });

    expect(ref).toBe(`refs/warden/checkpoints/${made.runId}/1`);
    expect(await test.git('show', `${ref}:new/untracked`)).toBe('u');
    expect(await test.git('show', `${ref}:README.md`)).toBe('hello\nmore');
    expect([await git(made.path, 'status', '--porcelain'), await readFile(index, 'latin1')]).toEqual(before);
    expect(await git(made.path, 'rev-parse', 'HEAD')).toBe(made.baseCommit);
    expect(await git(admin, 'for-each-ref', '--format=%(refname)', 'refs/warden')).toBe(ref);
  });

  it('is not made where the branch holds everything, nor twice of the same', async () => {
    const { test, made } = await worktreeWithFiles();
    expect(await test.worktrees.checkpoint({ ...made, why: 'kill' })).toBe(
      await test.worktrees.checkpoint({ ...made, why: 'kill' }),
    );
    await git(made.path, 'commit', '--quiet', '--message=all of it');
    expect(await test.worktrees.checkpoint({ ...made, why: 'kill' })).toBeNull();
  });

  it('is refused of a worktree that is not the run’s', async () => {
    const { test, made } = await worktreeWithFiles();
    const other = await test.create();
    await expect(test.worktrees.checkpoint({ path: made.path, runId: other.runId, why: 'kill' })).rejects.toMatchObject(
      {
        code: 'git_failed',
      },
    );
  });
});
