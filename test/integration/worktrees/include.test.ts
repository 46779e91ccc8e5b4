import { appendFile, chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CopyProgress } from '../../../src/core/ports/worktrees.ts';
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
    const copied = (await test.include(made.path, ['/secret', 'no-such-file', 'src'])).copied;
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
    expect((await test.include(made.path, ['node_modules'])).copied).toEqual(['node_modules']);
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
    const copied = (await test.include(made.path, patterns)).copied;
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
    expect((await test.include(made.path, ['.env', 'build/out', 'secret'])).copied).toEqual([]);
    expect(await readFile(join(made.path, '.env'), 'utf8')).toBe('ours');
    expect(await contentOf(outside)).toEqual({});
    expect(await readlink(join(made.path, 'build'))).toBe(outside);
  });

  it('stay where they are when nothing names them', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    await writeFiles(test.path, { '.env': 'x' });
    const made = await test.create();
    expect((await test.include(made.path, [])).copied).toEqual([]);
    expect((await test.include(made.path, ['*.nothing', '-x'])).copied).toEqual([]);
  });

  it('are named by `.worktreeinclude`, then by a person’s own patterns, then by the workflow’s: the last that matches wins', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore, '.worktreeinclude': '*.log\n!b.log\n' });
    await writeFiles(test.path, { 'a.log': 'x', 'b.log': 'x', 'c.log': 'x', 'd.log': 'x' });
    const made = await test.create();
    const { copied } = await test.include(made.path, ['!d.log', 'c.log'], { whereThere: ['b.log', '!c.log'] });
    expect(copied).toEqual(['a.log', 'b.log', 'c.log']);
  });

  it('leave git’s own folders and other worktrees where they are', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    await writeFiles(join(test.path, 'build'), { out: 'x', 'clone/file': 'x', 'sub/out': 'x' });
    await git(join(test.path, 'build/clone'), 'init', '--quiet');
    await test.git('worktree', 'add', '--quiet', '-b', 'other', join(test.path, 'build/other'));
    await test.git('worktree', 'add', '--quiet', '-b', 'secret', join(test.path, 'secret'));
    const made = await test.create();
    expect((await test.include(made.path, ['build', 'secret', '.git'])).copied).toEqual(['build']);
    expect(Object.keys(await contentOf(join(made.path, 'build'))).sort()).toEqual(['clone/file', 'out', 'sub/out']);
    expect(await exists(join(made.path, 'build/clone/.git'))).toBe(false);
    expect(await exists(join(made.path, 'secret'))).toBe(false);
  });

  it('that nothing matches are told: those of this repository, not a person’s own for all', async () => {
    const test = await temporaryRepository({
      '.gitignore': ignore,
      '.worktreeinclude': '# settings\n.env\n!.env.example\n\n.enw  \n',
      tracked: 'x',
    });
    await writeFiles(test.path, { '.env': 'x', 'not-ignored': 'x', 'build/out': 'x' });
    const made = await test.create();
    const patterns = ['tracked', 'not-ignored', 'build/out', '!build', 'build/oat'];
    const { unmatched } = await test.include(made.path, patterns, { whereThere: ['*.local'] });
    expect(unmatched).toEqual(['.enw', 'tracked', 'not-ignored', 'build/oat']);
  });

  it('may vanish or change while they are copied', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    const names = Array.from({ length: 300 }, (_, index) => `build/${index}`);
    await writeFiles(
      test.path,
      Object.fromEntries([...names, 'build/growing'].map((name) => [name, 'x'.repeat(1_000)])),
    );
    const made = await test.create();
    const including = test.include(made.path, ['build']);
    for (const name of names.toReversed()) {
      await rm(join(test.path, name));
      await appendFile(join(test.path, 'build/growing'), 'y');
    }
    expect((await including).copied).toEqual(['build']);
    expect(await readFile(join(made.path, 'build/growing'), 'utf8')).toMatch(/^x{1000}y*$/);
    for (const [name, content] of Object.entries(await contentOf(join(made.path, 'build')))) {
      if (name !== 'growing') expect(content).toBe(`file ${Buffer.from('x'.repeat(1_000)).toString('base64')}`);
    }
  });

  it('are copied with progress, until the launch is cancelled', async () => {
    const test = await temporaryRepository({ '.gitignore': ignore });
    const names = Array.from({ length: 1_000 }, (_, index) => `build/${index % 30}/${index}`);
    await writeFiles(test.path, Object.fromEntries(names.map((name) => [name, 'x'])));
    const made = await test.create();
    const told: CopyProgress[] = [];
    const cancelled = new AbortController();
    const including = test.include(made.path, ['build'], {
      signal: cancelled.signal,
      onCopied: (copied) => {
        told.push(copied);
        cancelled.abort(new Error('cancelled'));
      },
    });
    await expect(including).rejects.toThrow('cancelled');
    expect(told).toHaveLength(1);
    expect(told[0]!.bytes).toBe(told[0]!.files);
    expect(told[0]!.files).toBeLessThan(1_000);
  });
});
