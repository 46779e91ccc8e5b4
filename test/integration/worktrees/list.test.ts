import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../src/worktrees/status.ts';
import {
  exists,
  git,
  notTestedHere,
  temporaryFolder,
  temporaryRepository,
  writeFiles,
} from './temporary-repository.ts';

describe.concurrent('the list', () => {
  it('never names a worktree that is not ours, wherever it is', async () => {
    const test = await temporaryRepository();
    await test.git('worktree', 'add', '--quiet', join(test.worktreesFolder, 'foreign'));
    await test.git('worktree', 'add', '--quiet', '--lock', '--reason', 'mine', join(test.worktreesFolder, 'locked'));
    const made = await test.create();
    expect((await test.worktrees.list(test.repository)).map(({ path }) => path)).toEqual([made.path]);
  });

  it('holds one that cannot be looked into, of which nothing is known, beside all others', async () => {
    const test = await temporaryRepository();
    const [made, other] = [await test.create(), await test.create()];
    const folder = join(await temporaryFolder(), 'folder');
    await mkdir(folder);
    await test.git('worktree', 'move', '--force', '--force', made.path, join(folder, 'moved'));
    await rename(folder, `${folder} elsewhere`);
    await symlink(folder, folder);
    expect(await test.factsOf(made)).toMatchObject({ exists: true, dirtyFiles: null });
    expect(await test.factsOf(other)).toMatchObject({ exists: true, dirtyFiles: 0 });
    const { present, missing } = await test.worktrees.survey(test.repository);
    expect(present.map(({ runId }) => runId).sort()).toEqual([made.runId, other.runId].sort());
    expect(missing).toEqual([]);
  });

  it('counts changed, staged and untracked files, not ignored ones', async () => {
    const test = await temporaryRepository({ '.gitignore': 'ignored\n', a: 'x', b: 'x' });
    const made = await test.create();
    await writeFiles(made.path, { a: 'changed', 'new/one': 'x', 'new/two\nlines': 'x', ignored: 'x', staged: 'x' });
    await git(made.path, 'add', 'staged');
    await git(made.path, 'mv', 'b', 'c');
    expect((await test.factsOf(made)).dirtyFiles).toBe(6);
  });

  it('shows who locked it, where HEAD is and what git is in the middle of', async () => {
    const test = await temporaryRepository({ file: 'one\n' });
    const made = await test.create();
    await test.git('worktree', 'unlock', made.path);
    expect((await test.factsOf(made)).lock).toBe(null);
    await test.git('worktree', 'lock', '--reason', 'hands off', made.path);
    await writeFiles(made.path, { file: 'two\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=two');
    await git(made.path, 'switch', '--quiet', '--detach', made.baseCommit);
    await writeFiles(made.path, { file: 'three\n' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=three');
    const head = await git(made.path, 'rev-parse', 'HEAD');
    expect(await test.factsOf(made)).toMatchObject({
      lock: { reason: 'hands off' },
      branch: null,
      head,
      operation: null,
      restored: null,
    });
    const conflicting: [string, string[], string[]][] = [
      ['merge', ['merge', made.branch], ['merge', '--abort']],
      ['cherry-pick', ['cherry-pick', made.branch], ['cherry-pick', '--abort']],
      ['rebase', ['rebase', made.branch], ['rebase', '--abort']],
      ['revert', ['revert', '--no-edit', made.branch], ['revert', '--abort']],
    ];
    for (const [operation, start, stop] of conflicting) {
      await expect(git(made.path, ...start)).rejects.toThrow('Command failed');
      expect((await test.factsOf(made)).operation).toBe(operation);
      await git(made.path, ...stop);
    }
    await git(made.path, 'bisect', 'start');
    expect((await test.factsOf(made)).operation).toBe('bisect');
  });

  it('still names one whose folder was deleted by hand', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await rm(made.path, { recursive: true });
    expect(await test.factsOf(made)).toMatchObject({
      exists: false,
      branch: made.branch,
      head: made.baseCommit,
      dirtyFiles: null,
    });
  });

  it('says that it does not know, rather than clean, where git cannot tell', async () => {
    const test = await temporaryRepository();
    const [corrupt, replaced] = [await test.create(), await test.create()];
    const admin = await git(corrupt.path, 'rev-parse', '--absolute-git-dir');
    await writeFile(join(admin, 'index'), 'not an index');
    await rm(join(replaced.path, '.git'));
    await git(replaced.path, 'init', '--quiet');
    expect(await test.factsOf(corrupt)).toMatchObject({ exists: true, dirtyFiles: null, head: corrupt.baseCommit });
    expect(await test.factsOf(replaced)).toMatchObject({ exists: true, dirtyFiles: null });
  });

  it('says so too where a named pipe in the place of a file would hold git up for ever', async (context) => {
    const made = await (await temporaryRepository()).create();
    const pipe = await execa('mkfifo', [join(made.path, '.gitignore')], { reject: false });
    if (pipe.failed) notTestedHere(context, 'a named pipe, which cannot be made here');
    expect(await statusOf(made.path, {}, 500)).toBe(null);
  });

  it('does not disturb what it looks at', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
    await writeFile(join(admin, 'index.lock'), '');
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
    expect(await exists(join(admin, 'index.lock'))).toBe(true);
  });
});

describe.concurrent('the size of a worktree', () => {
  it('is what it takes on the disk: links not followed, files with two names once', async () => {
    const test = await temporaryRepository();
    const folder = await temporaryFolder();
    const big = await temporaryFolder();
    await writeFile(join(big, 'big'), randomBytes(4_000_000));
    await writeFile(join(folder, 'one'), randomBytes(100_000));
    await link(join(folder, 'one'), join(folder, 'two'));
    await symlink(big, join(folder, 'link'));
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), randomBytes(100_000));
    const { each, together } = await test.worktrees.sizesOf([folder], new AbortController().signal);
    const [bytes] = each;
    expect(bytes).toBeGreaterThanOrEqual(200_000);
    expect(bytes).toBeLessThan(300_000);
    expect(together).toBe(bytes);
  });

  it('is told of each as if it were alone, and of all with what they share by hard links once', async () => {
    const test = await temporaryRepository();
    const [one, other] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(one, 'shared'), randomBytes(1_000_000));
    await link(join(one, 'shared'), join(other, 'shared'));
    await link(join(one, 'shared'), join(other, 'again'));
    await writeFile(join(other, 'own'), randomBytes(500_000));
    const nowhere = join(test.path, 'nowhere');
    const { each, together } = await test.worktrees.sizesOf([one, nowhere, other], new AbortController().signal);
    const [first, missing, second] = each.map((bytes) => (bytes === null ? null : Math.round(bytes / 100_000) / 10));
    expect([first, missing, second]).toEqual([1, null, 1.5]);
    expect(Math.round(together / 100_000) / 10).toBe(1.5);
  });

  it('is measured no longer than somebody waits for it', async () => {
    const test = await temporaryRepository();
    const aborted = AbortSignal.abort(new Error('the window closes'));
    await expect(test.worktrees.sizesOf([test.path], aborted)).rejects.toThrow('the window closes');
  });

  it('is not known where there is nothing', async () => {
    const test = await temporaryRepository();
    const { each } = await test.worktrees.sizesOf([join(test.path, 'nowhere')], new AbortController().signal);
    expect(each).toEqual([null]);
  });
});
