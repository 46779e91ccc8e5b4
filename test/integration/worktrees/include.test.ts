import { chmod, lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf, exists, git, temporaryFolder, temporaryRepository, writeFiles } from './temporary-repository.ts';

const ignore = '.env\nnode_modules/\n*.log\nsecret/\nbuild\n';

describe.concurrent('files that git ignores', () => {
  it('come along when `.worktreeinclude` or a pattern names them, and only those', async () => {
    const test = await temporaryRepository({
      '.gitignore': ignore,
      'src/main': 'x',
      '.worktreeinclude': '# settings\n.env\n',
    });
    await writeFiles(test.path, {
      '.env': 'a',
      'sub/.env': 'b',
      'a.log': 'c',
      'secret/key': 'd',
      'untracked/.env': 'e',
      'untracked/f': 'f',
    });
    const made = await test.create();
    const copied = await test.worktrees.include(test.repository, made.path, ['/secret', 'no-such-file', 'src']);
    expect(copied).toEqual(['.env', 'secret', 'sub', 'untracked/.env']);
    expect(Object.keys(await contentOf(made.path)).sort()).toEqual(
      ['.env', '.gitignore', '.worktreeinclude', 'secret/key', 'src/main', 'sub/.env', 'untracked/.env'].sort(),
    );
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
  });

  it('can be whole folders, with modes, links as links and any name', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    const modules = join(test.path, 'node_modules');
    await writeFiles(modules, { 'a/index.js': 'x', 'b/run': 'y', 'ü\n "odd"': 'z' });
    await writeFile(Buffer.concat([Buffer.from(`${modules}/`), Buffer.from([0x66, 0xff])]), 'not UTF-8');
    await chmod(join(modules, 'b/run'), 0o755);
    await chmod(join(modules, 'b'), 0o555);
    await mkdir(join(modules, '.bin'));
    await symlink('../b/run', join(modules, '.bin/run'));
    await symlink('/nowhere', join(modules, 'dangling'));
    const made = await test.create();
    expect(await test.worktrees.include(test.repository, made.path, ['node_modules'])).toEqual(['node_modules']);
    expect(await contentOf(join(made.path, 'node_modules'))).toEqual(await contentOf(modules));
    expect((await lstat(join(made.path, 'node_modules/b'))).mode & 0o777).toBe(0o555);
    expect((await lstat(join(made.path, 'node_modules/a/index.js'))).nlink).toBe(1);
    for (const folder of [modules, join(made.path, 'node_modules')]) await chmod(join(folder, 'b'), 0o755);
  });

  it('are found with a later pattern overriding an earlier one, or inside a folder that is ignored as a whole', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore, '.worktreeinclude': '*.log\n' });
    await writeFiles(test.path, {
      'a.log': 'x',
      'b.log': 'x',
      'node_modules/pkg/data': 'x',
      'node_modules/other': 'x',
    });
    const made = await test.create();
    const patterns = ['!b.log', 'node_modules/pkg'];
    const copied = await test.worktrees.include(test.repository, made.path, patterns);
    expect(copied).toEqual(['a.log', 'node_modules/pkg']);
    expect(await exists(join(made.path, 'node_modules/other'))).toBe(false);
  });

  it('never overwrite what is there, nor leave the worktree through a link', async () => {
    const outside = await temporaryFolder();
    const test = await temporaryRepository({ '.gitignore': ignore, config: 'tracked' });
    await writeFiles(test.path, { '.env': 'theirs', 'build/out': 'x', 'secret/key': 'x' });
    const made = await test.create();
    await writeFile(join(made.path, '.env'), 'ours');
    await symlink(outside, join(made.path, 'build'));
    await symlink(join(outside, 'new'), join(made.path, 'secret'));
    expect(await test.worktrees.include(test.repository, made.path, ['.env', 'build/out', 'secret'])).toEqual([]);
    expect(await readFile(join(made.path, '.env'), 'utf8')).toBe('ours');
    expect(await contentOf(outside)).toEqual({});
    expect(await readlink(join(made.path, 'build'))).toBe(outside);
  });

  it('stay where they are when nothing names them', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    await writeFiles(test.path, { '.env': 'x' });
    const made = await test.create();
    expect(await test.worktrees.include(test.repository, made.path, [])).toEqual([]);
    expect(await test.worktrees.include(test.repository, made.path, ['*.nothing', '-x'])).toEqual([]);
  });
});
