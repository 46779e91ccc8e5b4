import { chmod, lstat, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { adminEntries } from '../../../src/worktrees/admin-entries.ts';
import { keepingWork } from '../../../src/worktrees/checkpoint.ts';
import {
  contentOf,
  exists,
  git,
  type Made,
  temporaryFolder,
  temporaryRepository,
  type TestRepository,
  writeFiles,
} from './temporary-repository.ts';

/** The files of a checkpoint, checked out where nothing else is. */
async function restored(test: TestRepository, checkpoint: string | null): Promise<Record<string, string>> {
  if (checkpoint === null) throw new Error('there is no checkpoint');
  const folder = join(await temporaryFolder(), 'restored');
  await test.git('worktree', 'add', '--quiet', '--detach', folder, checkpoint);
  return await contentOf(folder);
}

async function checkpointOf(test: TestRepository, made: Made): Promise<string | null> {
  const entry = (await adminEntries(test.repository)).find(({ path }) => path === made.path);
  if (entry === undefined) throw new Error('there is no worktree');
  const { repository } = test;
  const request = { repository, entry, runId: made.runId, worktreePath: made.path, why: 'kill' as const };
  return await keepingWork(request, async ({ checkpoint }) => await Promise.resolve(checkpoint));
}

async function makeDirty(path: string): Promise<void> {
  await writeFiles(path, {
    changed: 'changed\r\n',
    staged: 'staged',
    'untracked/deep/file': 'x',
    binary: Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256)),
    empty: '',
    ' leading, trailing ': 'x',
    'line\nbreak\ttab "quotes" \\': 'x',
    '-n': 'x',
    '库/ü': 'x',
    ignored: 'not kept',
  });
  await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'not UTF-8');
  await git(path, 'add', 'staged');
  await git(path, 'mv', 'moved', 'moved away');
  await chmod(join(path, 'mode'), 0o755);
  await rm(join(path, 'deleted'));
  await rm(join(path, 'becomes link'));
  await symlink('changed', join(path, 'becomes link'));
  await symlink('/nowhere/\n', join(path, 'untracked/dangling'));
}

const tracked = {
  '.gitignore': 'ignored\n',
  changed: 'x',
  staged: 'x',
  moved: 'x',
  mode: 'x',
  deleted: 'x',
  'becomes link': 'x',
  same: 'x',
};

describe.concurrent('a checkpoint', () => {
  it('holds everything but ignored files, byte for byte', async () => {
    const test = await temporaryRepository(tracked);
    const made = await test.create();
    await makeDirty(made.path);
    const before = await contentOf(made.path);
    delete before['ignored'];
    const { checkpoint } = await test.remove(made);
    expect(checkpoint).toBe(`refs/warden/checkpoints/${made.runId}/1`);
    expect(await restored(test, checkpoint)).toEqual(before);
    expect(await test.git('rev-parse', `${checkpoint}^`)).toBe(made.baseCommit);
    expect(await test.git('fsck', '--strict')).toBe('');
    expect(await exists(made.path)).toBe(false);
  });

  it('leaves the worktree, its index and its HEAD as they are', async () => {
    const test = await temporaryRepository(tracked);
    const made = await test.create();
    await makeDirty(made.path);
    const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
    const look = async () => [
      await contentOf(made.path),
      await readFile(join(admin, 'index'), 'base64'),
      (await lstat(join(admin, 'index'))).mtimeMs,
      await git(made.path, '--no-optional-locks', 'status', '--porcelain'),
      await git(made.path, 'rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD'),
    ];
    const before = await look();
    await checkpointOf(test, made);
    expect(await look()).toEqual(before);
  });

  it('is not needed where everything is on a branch', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    expect(await checkpointOf(test, made)).toBe(null);
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=work');
    expect(await checkpointOf(test, made)).toBe(null);
    await git(made.path, 'switch', '--quiet', '--detach');
    expect(await checkpointOf(test, made)).toBe(null);
  });

  it('keeps commits that no branch holds', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'switch', '--quiet', '--detach');
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=detached');
    const head = await git(made.path, 'rev-parse', 'HEAD');
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('rev-parse', `${checkpoint}^`)).toBe(head);
  });

  it('keeps what was staged and then changed again, as its second parent', async () => {
    const test = await temporaryRepository({ file: 'base' });
    const made = await test.create();
    await writeFiles(made.path, { file: 'staged' });
    await git(made.path, 'add', 'file');
    await writeFiles(made.path, { file: 'worktree' });
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('show', `${checkpoint}:file`)).toBe('worktree');
    expect(await test.git('show', `${checkpoint}^2:file`)).toBe('staged');
    expect(await test.git('rev-parse', `${checkpoint}^1`)).toBe(made.baseCommit);
    await writeFiles(made.path, { file: 'base' });
    const unchanged = await checkpointOf(test, made);
    expect(await test.git('show', `${unchanged}^2:file`)).toBe('staged');
  });

  it('sees a change that was made in the second in which the index was written, and left the size as it was', async () => {
    const test = await temporaryRepository({ file: 'one' });
    const made = await test.create();
    const [file, index] = [
      join(made.path, 'file'),
      join(await git(made.path, 'rev-parse', '--absolute-git-dir'), 'index'),
    ];
    const second = Math.floor(Date.now() / 1000) - 60;
    await test.git('config', 'core.trustCtime', 'false');
    await utimes(file, second, second);
    await git(made.path, 'update-index', '--refresh');
    await writeFiles(made.path, { file: 'two' });
    await utimes(file, second, second);
    await utimes(index, second, second);
    expect(await git(made.path, '--no-optional-locks', 'status', '--porcelain')).toBe(' M file');
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('show', `${checkpoint}:file`)).toBe('two');
  });

  it('sees changes that git was told not to look at', async () => {
    const test = await temporaryRepository({ assumed: 'base', skipped: 'base' });
    const made = await test.create();
    await git(made.path, 'update-index', '--assume-unchanged', 'assumed');
    await git(made.path, 'update-index', '--skip-worktree', 'skipped');
    await writeFiles(made.path, { assumed: 'changed', skipped: 'changed' });
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('show', `${checkpoint}:assumed`)).toBe('changed');
    expect(await test.git('show', `${checkpoint}:skipped`)).toBe('changed');
  });

  it.each([
    ['assumed to be unchanged', ['update-index', '--assume-unchanged', 'hidden']],
    ['skipped', ['update-index', '--skip-worktree', 'hidden']],
    [
      'assumed to be unchanged, in an index of version 4',
      ['update-index', '--index-version=4', '--assume-unchanged', 'hidden'],
    ],
    ['assumed to be unchanged, in a split index', ['update-index', '--split-index', '--assume-unchanged', 'hidden']],
  ])('keeps the change of the only file that git status does not tell: %s', async (_, parameters) => {
    const test = await temporaryRepository({ first: 'x', hidden: 'before', zlast: 'x' });
    const made = await test.create();
    const keep = async () => await test.worktrees.checkpoint({ path: made.path, runId: made.runId, why: 'kill' });
    await git(made.path, ...parameters);
    await writeFiles(made.path, { hidden: 'after' });
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
    expect(await test.git('show', `${await keep()}:hidden`)).toBe('after');
  });

  it('sees a change of which only what the user tells git not to compare has changed', async () => {
    const test = await temporaryRepository({ file: 'before' });
    await test.git('config', 'core.checkStat', 'minimal');
    await test.git('config', 'core.trustctime', 'false');
    const made = await test.create();
    const file = join(made.path, 'file');
    const then = new Date('2020-01-01T00:00:00Z');
    await utimes(file, then, then);
    await git(made.path, 'update-index', '--refresh');
    await writeFile(`${file}.new`, 'after!');
    await utimes(`${file}.new`, then, then);
    await rename(`${file}.new`, file);
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
    expect(await test.git('show', `${await checkpointOf(test, made)}:file`)).toBe('after!');
  });

  it('runs none of the hooks that git has for every index that it writes', async () => {
    const test = await temporaryRepository({ file: 'before' });
    const made = await test.create();
    await writeFiles(made.path, { file: 'after' });
    const hook = join(test.repository.gitDirectory, 'hooks/post-index-change');
    await writeFiles(dirname(hook), { [basename(hook)]: '#!/bin/sh\ngit rm --quiet --cached file\n' });
    await chmod(hook, 0o755);
    expect(await test.git('show', `${await checkpointOf(test, made)}:file`)).toBe('after');
  });

  it('keeps the files that a sparse checkout left out, and those made outside of it', async () => {
    const test = await temporaryRepository({ 'in/file': 'base', 'out/file': 'base' });
    const made = await test.create();
    await git(made.path, 'sparse-checkout', 'set', 'in');
    expect(await exists(join(made.path, 'out/file'))).toBe(false);
    expect(await checkpointOf(test, made)).toBe(null);
    await writeFiles(made.path, { 'in/file': 'changed', 'out/new': 'made' });
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('ls-tree', '-r', '--name-only', String(checkpoint))).toBe('in/file\nout/file\nout/new');
    expect(await test.git('show', `${checkpoint}:in/file`)).toBe('changed');
  });

  it('can be taken in the middle of a merge, with a locked index, and before the first commit', async () => {
    const test = await temporaryRepository({ file: 'one\n' });
    const made = await test.create();
    await writeFiles(test.path, { file: 'theirs\n' });
    await test.git('commit', '--quiet', '--all', '--message=theirs');
    await writeFiles(made.path, { file: 'ours\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=ours');
    await expect(git(made.path, 'merge', 'main')).rejects.toThrow('Command failed');
    const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
    await writeFile(join(admin, 'index.lock'), '');
    const merging = await checkpointOf(test, made);
    expect(await test.git('show', `${merging}:file`)).toContain('<<<<<<<');
    const unborn = await test.create();
    await git(unborn.path, 'switch', '--quiet', '--orphan', 'nothing-yet');
    await writeFiles(unborn.path, { first: 'x' });
    const orphan = await checkpointOf(test, unborn);
    expect(await test.git('rev-list', '--parents', String(orphan))).toMatch(/^[0-9a-f]{40}$/);
    expect(await test.git('show', `${orphan}:first`)).toBe('x');
  });

  it('keeps the patches of a `git am` that stopped, which may be nowhere else', async () => {
    const test = await temporaryRepository({ file: 'one\n' });
    const made = await test.create();
    await writeFiles(made.path, { file: 'two\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=theirs');
    const patch = join(await temporaryFolder(), 'patch');
    await writeFile(patch, `${await git(made.path, 'format-patch', '-1', '--stdout')}\n`);
    await git(made.path, 'reset', '--quiet', '--hard', made.baseCommit);
    await writeFiles(made.path, { file: 'three\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=ours');
    await expect(git(made.path, 'am', patch)).rejects.toThrow('Command failed');
    await rm(patch);
    const { checkpoint } = await test.remove(made);
    const [, state] = (await test.git('log', '-1', '--format=%P', String(checkpoint))).split(' ');
    expect(await test.git('show', `${state}:operation/rebase-apply/0001`)).toContain('+two');
    expect(await test.git('log', '-1', '--format=%B', String(checkpoint))).toContain('Operation: rebase');
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('is numbered on, never written over, and not made twice for the same work', async () => {
    const test = await temporaryRepository({ file: 'one' });
    const made = await test.create();
    const folder = `refs/warden/checkpoints/${made.runId}`;
    await writeFiles(made.path, { file: 'two' });
    expect(await checkpointOf(test, made)).toBe(`${folder}/1`);
    expect(await checkpointOf(test, made)).toBe(`${folder}/1`);
    await writeFiles(made.path, { file: 'three' });
    expect(await checkpointOf(test, made)).toBe(`${folder}/2`);
    expect(await test.git('show', `${folder}/1:file`)).toBe('two');
  });

  it('is no commit of a person, and no commit hook or signature is needed for it', async () => {
    const test = await temporaryRepository();
    await test.git('config', 'commit.gpgSign', 'true');
    await test.git('config', 'gpg.program', 'false');
    await writeFiles(test.path, { '.git/hooks/pre-commit': '#!/bin/sh\nexit 1\n' });
    await chmod(join(test.path, '.git/hooks/pre-commit'), 0o755);
    const made = await test.create();
    await writeFiles(made.path, { work: 'x' });
    const checkpoint = await checkpointOf(test, made);
    expect(await test.git('log', '-1', '--format=%an <%ae> %cn', String(checkpoint))).toBe(
      'Workflow Warden <workflow-warden@localhost> Workflow Warden',
    );
  });
});

it('a checkpoint tells when it was taken, whatever time git is told in the environment', async () => {
  const test = await temporaryRepository();
  const made = await test.create();
  await writeFiles(made.path, { work: 'x' });
  vi.stubEnv('GIT_COMMITTER_DATE', '@1 +0000');
  await checkpointOf(test, made);
  vi.unstubAllEnvs();
  const [taken] = await test.worktrees.checkpointsOf(test.repository, made.runId);
  expect(taken?.at).toBeGreaterThan(Date.now() - 3_600_000);
});
