import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryRepository, writeFiles } from './temporary-repository.ts';

describe.concurrent('the changes of a run', () => {
  it('are all since its base: committed, staged, not staged and untracked', async () => {
    const files = { '.gitignore': 'ignored\n', a: 'x', b: 'x', c: 'x', d: 'x', same: 'x', untold: 'x' };
    const test = await temporaryRepository(files);
    const made = await test.create();
    await writeFiles(made.path, { a: 'committed', 'sub/ü new\n': 'x' });
    await git(made.path, 'add', '.');
    await git(made.path, 'commit', '--quiet', '--message=work');
    await writeFiles(made.path, { b: 'staged', ignored: 'x' });
    await git(made.path, 'add', 'b');
    await git(made.path, 'mv', 'd', 'moved');
    await git(made.path, 'rm', '--quiet', '--cached', 'untold');
    await rm(join(made.path, 'c'));
    await writeFiles(made.path, { untracked: 'x' });
    expect(await test.worktrees.changesSince(made.path, made.baseCommit)).toEqual([
      { path: 'a', change: 'modified' },
      { path: 'b', change: 'modified' },
      { path: 'c', change: 'deleted' },
      { path: 'd', change: 'deleted' },
      { path: 'moved', change: 'added' },
      { path: 'sub/ü new\n', change: 'added' },
      { path: 'untold', change: 'modified' },
      { path: 'untracked', change: 'added' },
    ]);
  });

  it('are told in the middle of a merge too', async () => {
    const test = await temporaryRepository({ file: 'one\n' });
    const made = await test.create();
    await writeFiles(test.path, { file: 'theirs\n' });
    await test.git('commit', '--quiet', '--all', '--message=theirs');
    await writeFiles(made.path, { file: 'ours\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=ours');
    await expect(git(made.path, 'merge', 'main')).rejects.toThrow('Command failed');
    expect(await test.worktrees.changesSince(made.path, made.baseCommit)).toEqual([
      { path: 'file', change: 'modified' },
    ]);
  });

  it('fail in git’s own words where there is no such commit or no such folder', async () => {
    const test = await temporaryRepository();
    await expect(test.worktrees.changesSince(test.path, '0'.repeat(40))).rejects.toMatchObject({ code: 'git_failed' });
    await expect(test.worktrees.changesSince(join(test.path, 'nowhere'), 'HEAD')).rejects.toMatchObject({
      code: 'git_failed',
    });
  });
});

describe.concurrent('a file at a commit', () => {
  it('is read byte for byte, and is null where there is none', async () => {
    const test = await temporaryRepository({ 'sub/ü': 'x' });
    const bytes = randomBytes(300_000);
    await writeFile(join(test.path, 'binary'), bytes);
    await test.git('add', '.');
    await test.git('commit', '--quiet', '--message=binary');
    const head = await test.git('rev-parse', 'HEAD');
    const fileAt = async (path: string) => await test.worktrees.fileAt(test.path, head, path);
    expect(Buffer.compare((await fileAt('binary')) ?? Buffer.of(), bytes)).toBe(0);
    expect(Buffer.from((await fileAt('sub/ü')) ?? []).toString()).toBe('x');
    for (const none of ['nope', 'sub', 'sub/nope']) expect(await fileAt(none)).toBe(null);
    await expect(test.worktrees.fileAt(test.path, 'no-such-commit', 'binary')).rejects.toMatchObject({
      code: 'git_failed',
    });
  });
});
