import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adminEntry } from '../../../src/worktrees/admin-entries.ts';
import {
  contentOf,
  exists,
  git,
  noTraces,
  temporaryFolder,
  temporaryRepository,
  writeFiles,
} from './temporary-repository.ts';

describe.concurrent('a sparse checkout', () => {
  it.each([
    ['in cone mode', ['set', '--cone', 'wanted'], ['top', 'wanted/file']],
    ['by patterns', ['set', '--no-cone', '/wanted/', '!/wanted/not'], ['wanted/file']],
  ])('%s gives its worktrees the same files, and no more', async (_, parameters, files) => {
    const test = await temporaryRepository({ top: 'x', 'wanted/file': 'x', 'unwanted/file': 'x' });
    await test.git('sparse-checkout', ...parameters);
    const made = await test.create();
    expect(Object.keys(await contentOf(made.path)).sort()).toEqual(files);
    expect(await git(made.path, 'sparse-checkout', 'list')).toBe(await test.git('sparse-checkout', 'list'));
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
    await writeFile(join(made.path, 'wanted/file'), 'work');
    const { checkpoint } = await test.remove(made);
    expect(await test.git('show', `${checkpoint}:wanted/file`)).toBe('work');
    expect(await test.git('show', `${checkpoint}:unwanted/file`)).toBe('x');
    expect(await test.git('fsck', '--no-dangling')).toBe('');
  });
});

describe.concurrent('a repository with settings for each worktree (`extensions.worktreeConfig`)', () => {
  it('keeps them apart, and its worktrees come and go', async () => {
    const test = await temporaryRepository();
    await test.git('config', 'extensions.worktreeConfig', 'true');
    await test.git('config', '--worktree', 'some.setting', 'of the main checkout');
    const made = await test.create();
    await git(made.path, 'config', '--worktree', 'some.setting', 'of the run');
    expect(await test.git('config', 'some.setting')).toBe('of the main checkout');
    expect((await test.remove(made)).checkpoint).toBe(null);
    expect(await test.git('config', 'some.setting')).toBe('of the main checkout');
    expect(await test.traces()).toEqual(noTraces);
  });
});

describe.concurrent('a repository with submodules', () => {
  async function withSubmodule() {
    const library = await temporaryRepository({ 'lib.txt': 'library' });
    const test = await temporaryRepository();
    const allowed = ['-c', 'protocol.file.allow=always'];
    await test.git(...allowed, 'submodule', '--quiet', 'add', library.path, 'lib rary');
    await test.git('commit', '--quiet', '--message=submodule');
    const fill = async (path: string) =>
      await git(path, ...allowed, 'submodule', '--quiet', 'update', '--init', '--recursive');
    return { test, fill };
  }

  it('has them empty in a new worktree, as git does, until its setup fills them', async () => {
    const { test, fill } = await withSubmodule();
    const made = await test.create();
    expect(await contentOf(join(made.path, 'lib rary'))).toEqual({});
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
    await fill(made.path);
    expect(await readFile(join(made.path, 'lib rary/lib.txt'), 'utf8')).toBe('library');
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
    expect((await test.remove(made)).checkpoint).toBe(null);
    expect(await test.traces()).toEqual(noTraces);
    expect(await test.git('submodule', 'status')).toMatch(/^ [0-9a-f]+ lib rary/);
    expect(await test.git('fsck', '--no-dangling')).toBe('');
  });

  it('keeps a worktree whose submodule has a commit that is nowhere else', async () => {
    const { test, fill } = await withSubmodule();
    const made = await test.create();
    await fill(made.path);
    const submodule = join(made.path, 'lib rary');
    await git(submodule, 'commit', '--quiet', '--allow-empty', '--message=work');
    await expect(test.remove(made)).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringContaining('lib rary') },
    });
    expect(await git(submodule, 'log', '-1', '--format=%s')).toBe('work');
  });

  it('takes back a launch whose setup had filled them', async () => {
    const { test, fill } = await withSubmodule();
    const made = await test.create();
    await fill(made.path);
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual(noTraces);
  });
});

describe.concurrent('a repository with Git LFS', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n';
  const files = { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'big.bin': pointer };

  it('has pointers in its worktrees where LFS is not set up, as in the main checkout', async () => {
    const test = await temporaryRepository(files);
    const made = await test.create();
    expect(await readFile(join(made.path, 'big.bin'), 'utf8')).toBe(pointer);
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
  });

  it('makes no worktree where LFS is set up and its program is missing, and says so in git’s words', async () => {
    const test = await temporaryRepository(files);
    await test.git('config', 'filter.lfs.process', 'no-such-git-lfs filter-process');
    await test.git('config', 'filter.lfs.required', 'true');
    await expect(test.create()).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringMatching(/no-such-git-lfs.*not found/) },
    });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('has the files in its worktrees where LFS works, and keeps work in them as pointers', async () => {
    const test = await temporaryRepository(files);
    const store = join(test.repository.gitDirectory, 'stand-in');
    // Both print what belongs to what they read: the content to the pointer, and a pointer to a content, which they keep.
    await writeFiles(store, { 'content-of-4d7a': 'the content\n' });
    await test.git('config', 'filter.lfs.smudge', `cat '${store}'/content-of-$(sed -n 's/^oid sha256://p')`);
    await test.git('config', 'filter.lfs.clean', `cat > '${store}'/content-of-beef; printf 'oid sha256:beef\\n'`);
    await test.git('config', 'filter.lfs.required', 'true');
    const made = await test.create();
    expect(await readFile(join(made.path, 'big.bin'), 'utf8')).toBe('the content\n');
    await writeFile(join(made.path, 'big.bin'), 'work');
    const { checkpoint } = await test.remove(made);
    expect(await test.git('show', `${checkpoint}:big.bin`)).toBe('oid sha256:beef');
    expect(await readFile(join(store, 'content-of-beef'), 'utf8')).toBe('work');
  });
});

it('where git keeps all refs in tables, what stands in for HEAD is not taken for a branch that holds its commits', async () => {
  const folder = await temporaryFolder();
  await writeFiles(folder, { HEAD: 'ref: refs/heads/.invalid\n' });
  expect(await adminEntry(folder)).toMatchObject({ headRef: null });
  await writeFiles(folder, { HEAD: 'ref: refs/heads/main\n' });
  expect(await adminEntry(folder)).toMatchObject({ headRef: 'refs/heads/main' });
});

describe.concurrent('what is wrong with a repository is told in git’s own words, and nothing is left', () => {
  it('a corrupt index of the main checkout does not matter to a new worktree, and stays as it is', async () => {
    const test = await temporaryRepository();
    const index = join(test.repository.gitDirectory, 'index');
    await writeFile(index, 'not an index');
    const made = await test.create();
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
    expect(await readFile(index, 'utf8')).toBe('not an index');
    await expect(test.include(made.path, ['x'])).rejects.toMatchObject({
      code: 'git_failed',
      facts: { operation: 'include files', detail: expect.stringContaining('index') },
    });
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual(noTraces);
  });

  it('objects that are missing', async () => {
    const test = await temporaryRepository({ file: 'x' });
    const blob = await test.git('rev-parse', 'HEAD:file');
    await rm(join(test.repository.gitDirectory, 'objects', blob.slice(0, 2), blob.slice(2)));
    await expect(test.create()).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringContaining(blob) },
    });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('a repository that has moved', async () => {
    const test = await temporaryRepository();
    const request = await test.request();
    await rename(test.path, `${test.path} moved`);
    await expect(test.worktrees.create(request)).rejects.toMatchObject({ code: 'git_failed' });
    expect(await exists(test.path)).toBe(false);
    expect(await exists(test.worktreesFolder)).toBe(false);
  });
});
