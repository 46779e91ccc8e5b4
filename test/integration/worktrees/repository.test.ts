import { execa } from 'execa';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { repositoryOf } from '../../../src/worktrees/repository.ts';
import { eventually } from '../../support/eventually.ts';
import { git, temporaryFolder, temporaryRepository, testRepositoryAt, writeFiles } from './temporary-repository.ts';

const worktrees = gitWorktrees();

describe.concurrent('a repository is found', () => {
  it('from its top, a subfolder, the git folder and through a link: always the main checkout', async () => {
    const { path } = await temporaryRepository({ 'sub/deep/file': 'x' });
    const expected = { path, gitDirectory: join(path, '.git') };
    const link = join(await temporaryFolder(), 'link');
    await symlink(path, link);
    for (const directory of [path, join(path, 'sub/deep'), join(path, '.git'), link, join(link, 'sub')]) {
      expect(await worktrees.repositoryOf(directory)).toEqual(expected);
    }
  });

  it('from inside a linked worktree: the main checkout, not the worktree', async () => {
    const test = await temporaryRepository({ 'sub/file': 'x' });
    const made = await test.create();
    expect(await worktrees.repositoryOf(made.path)).toEqual(test.repository);
    expect(await worktrees.repositoryOf(join(made.path, 'sub'))).toEqual(test.repository);
  });

  it('with a detached HEAD, which is a commit like any other', async () => {
    const test = await temporaryRepository();
    const head = await test.git('rev-parse', 'HEAD');
    await test.git('checkout', '--quiet', '--detach');
    expect((await worktrees.repositoryOf(test.path)).path).toBe(test.path);
    expect(await worktrees.commitOf(test.repository, 'HEAD')).toBe(head);
    const made = await test.create();
    expect(await git(made.path, 'rev-parse', 'HEAD')).toBe(head);
  });

  it('in a submodule, which has its git folder elsewhere', async () => {
    const library = await temporaryRepository();
    const outer = await temporaryRepository();
    await git(outer.path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.path, 'library');
    const path = join(outer.path, 'library');
    const submodule = await testRepositoryAt(path);
    expect(submodule.repository).toEqual({ path, gitDirectory: join(outer.path, '.git/modules/library') });
    const made = await submodule.create();
    expect(await worktrees.repositoryOf(made.path)).toEqual(submodule.repository);
  });

  it('or it is told that there is none, that it is bare, or that git itself is missing', async () => {
    const folder = await temporaryFolder();
    await expect(worktrees.repositoryOf(folder)).rejects.toMatchObject({ code: 'not_a_repository' });
    await expect(worktrees.repositoryOf(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'not_a_repository' });
    await git(folder, 'init', '--quiet', '--bare', 'bare.git');
    await expect(worktrees.repositoryOf(join(folder, 'bare.git'))).rejects.toMatchObject({ code: 'bare_repository' });
  });

  it('never for a worktree of a bare repository: there is no main checkout', async () => {
    const folder = await temporaryFolder();
    const { path } = await temporaryRepository();
    await git(folder, 'clone', '--quiet', '--bare', path, 'bare.git');
    await git(join(folder, 'bare.git'), 'worktree', 'add', '--quiet', join(folder, 'linked'));
    await expect(worktrees.repositoryOf(join(folder, 'linked'))).rejects.toMatchObject({ code: 'bare_repository' });
  });
});

describe.skipIf(process.platform !== 'linux')('a repository of which git hears nothing', () => {
  it('is told, and no git waits any longer', async () => {
    const { path } = await temporaryRepository();
    const file = join(path, '.git/config');
    await rm(file);
    await execa('mkfifo', [file]);
    await expect(repositoryOf(path, {}, 500)).rejects.toMatchObject({
      code: 'unusable_repository',
      facts: { detail: 'git did not answer in 0.5 s' },
    });
    await eventually(() => pidsIn(path).length === 0);
  });
});

/** Processes that work in a folder. */
function pidsIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

describe('without git on the PATH', () => {
  it('the error says so', async () => {
    const folder = await temporaryFolder();
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      await expect(worktrees.repositoryOf(folder)).rejects.toMatchObject({ code: 'git_not_found' });
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe.concurrent('a base', () => {
  it('may be a branch, a tag, a short name or a full one', async () => {
    const test = await temporaryRepository();
    const head = await test.git('rev-parse', 'HEAD');
    await test.git('tag', '--annotate', '--message=v', 'v1');
    for (const base of ['main', 'HEAD', 'v1', head.slice(0, 10), head]) {
      expect(await worktrees.commitOf(test.repository, base)).toBe(head);
    }
  });

  it('that does not exist, is no commit, or looks like an option is not found', async () => {
    const { repository } = await temporaryRepository();
    for (const base of ['nope', '', '--all', '-n1', '^HEAD', 'HEAD:README.md', 'HEAD^{tree}', '0'.repeat(40)]) {
      await expect(worktrees.commitOf(repository, base)).rejects.toMatchObject({ code: 'base_not_found' });
    }
  });

  it('cannot be found where there is no commit at all', async () => {
    const path = join(await temporaryFolder(), 'empty');
    await mkdir(path);
    await git(path, 'init', '--quiet');
    await writeFiles(path, { file: 'x' });
    const repository = await worktrees.repositoryOf(path);
    await expect(worktrees.commitOf(repository, 'HEAD')).rejects.toMatchObject({ code: 'repository_without_commit' });
  });
});
