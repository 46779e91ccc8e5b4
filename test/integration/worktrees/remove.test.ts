import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { holdingLock } from '../../../src/worktrees/repository-lock.ts';
import {
  contentOf,
  exists,
  git,
  noTraces,
  notTestedHere,
  temporaryFolder,
  temporaryRepository,
  type TestRepository,
  writeFiles,
} from './temporary-repository.ts';

const execute = promisify(execFile);

describe.concurrent('removing a worktree', () => {
  it('leaves nothing of one in which nothing happened', async () => {
    const test = await temporaryRepository({ 'some/file': 'x'.repeat(10_000) });
    const made = await test.create();
    const removed = await test.remove(made);
    expect(removed).toEqual({ bytes: expect.any(Number), checkpoint: null, branchDeleted: true, branchKept: null });
    expect(removed.bytes).toBeGreaterThan(10_000);
    expect(await test.traces()).toEqual(noTraces);
    expect(await test.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect(await test.git('fsck', '--strict')).toBe('');
  });

  it('keeps a branch with commits of its own, and deletes one that was merged', async () => {
    const test = await temporaryRepository();
    const [own, merged] = [await test.create(), await test.create()];
    for (const { path } of [own, merged]) {
      await writeFiles(path, { [path]: 'x', work: path });
      await git(path, 'add', 'work');
      await git(path, 'commit', '--quiet', '--message=work');
      await git(path, 'clean', '--quiet', '-fdx');
    }
    await test.git('merge', '--quiet', '--no-ff', '--no-edit', merged.branch);
    await test.git('config', `branch.${merged.branch}.remote`, 'origin');
    expect(await test.remove(own)).toMatchObject({ checkpoint: null, branchDeleted: false });
    expect(await test.remove(merged)).toMatchObject({ checkpoint: null, branchDeleted: true });
    expect(await test.traces()).toEqual({ ...noTraces, branches: [own.branch] });
    expect(await test.git('config', '--list', '--local')).not.toContain(merged.branch);
  });

  it('deletes a branch that a remote or a tag has, not one that only a stash or a checkpoint has', async () => {
    const test = await temporaryRepository();
    const [pushed, tagged, stashed] = [await test.create(), await test.create(), await test.create()];
    for (const { path, branch } of [pushed, tagged, stashed]) {
      await git(path, 'commit', '--quiet', '--allow-empty', `--message=${branch}`);
    }
    await test.git('update-ref', `refs/remotes/origin/${pushed.branch}`, pushed.branch);
    await test.git('tag', 'kept', tagged.branch);
    await test.git('update-ref', 'refs/stash', stashed.branch);
    await test.git('update-ref', 'refs/warden/checkpoints/run_0/1', stashed.branch);
    expect(await test.remove(pushed)).toMatchObject({ branchDeleted: true });
    expect(await test.remove(tagged)).toMatchObject({ branchDeleted: true });
    expect(await test.remove(stashed)).toMatchObject({ branchDeleted: false });
  });

  it('keeps a branch with commits of its own though another ref names it', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=work');
    await test.git('symbolic-ref', 'refs/heads/alias', `refs/heads/${made.branch}`);
    expect(await test.remove(made)).toMatchObject({ branchDeleted: false, branchKept: made.branch });
    expect(await test.git('log', '-1', '--format=%s', 'alias')).toBe('work');
  });

  it.each([
    ['a replacement', async (test, tip) => await test.git('replace', '--graft', 'main', tip)],
    [
      'a graft',
      async (test, tip) => {
        const grafts = join(test.repository.gitDirectory, 'info/grafts');
        await writeFile(grafts, `${await test.git('rev-parse', 'main')} ${tip}\n`);
      },
    ],
  ] satisfies [string, (test: TestRepository, tip: string) => Promise<unknown>][])(
    'keeps a branch whose commits the main branch has only by %s',
    async (_, graft) => {
      const test = await temporaryRepository();
      const made = await test.create();
      await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=work');
      await graft(test, await git(made.path, 'rev-parse', 'HEAD'));
      expect(await test.remove(made)).toMatchObject({ branchKept: made.branch });
    },
  );

  it('never loses commits that two of our branches hold, even when both go at once', async () => {
    const test = await temporaryRepository();
    const first = await test.create();
    await git(first.path, 'commit', '--quiet', '--allow-empty', '--message=work');
    const work = await git(first.path, 'rev-parse', 'HEAD');
    const second = await test.create({ baseCommit: work });
    await Promise.all([test.remove(first), test.remove(second)]);
    expect((await test.traces()).branches).toHaveLength(1);
    expect(await test.git('branch', '--contains', work, '--format=%(objectname)')).toBe(work);
  });

  it('only ever deletes the branch that was made for the run', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await test.git('branch', 'theirs');
    await git(made.path, 'switch', '--quiet', 'theirs');
    expect(await test.remove(made)).toMatchObject({ branchDeleted: true });
    expect(await test.git('branch', '--format=%(refname:short)')).toBe('main\ntheirs');
  });

  it('never follows a link out of the worktree', async () => {
    const outside = await temporaryFolder();
    await writeFiles(outside, { 'precious/file': 'x' });
    const test = await temporaryRepository({ '.gitignore': 'ignored/\n' });
    const made = await test.create();
    await mkdir(join(made.path, 'ignored'));
    await symlink(outside, join(made.path, 'ignored/folder'));
    await symlink(join(outside, 'precious/file'), join(made.path, 'file'));
    await symlink(test.path, join(made.path, 'repository'));
    await rm(join(test.worktreesFolder, '.trash'), { recursive: true, force: true });
    const { checkpoint } = await test.remove(made);
    expect(checkpoint).not.toBe(null);
    expect(Object.keys(await contentOf(outside))).toEqual(['precious/file']);
    expect(await git(test.path, 'status', '--porcelain')).toBe('');
    expect(await exists(made.path)).toBe(false);
  });

  it('does not use a trash that leads elsewhere', async () => {
    const outside = await temporaryFolder();
    await writeFiles(outside, { 'x-0123456789abcdef.removed': 'precious' });
    const test = await temporaryRepository();
    const made = await test.create();
    await symlink(outside, join(test.worktreesFolder, '.trash'));
    await expect(test.remove(made)).rejects.toMatchObject({ code: 'git_failed' });
    expect((await test.factsOf(made)).dirtyFiles).toBe(0);
    expect(await readdir(outside)).toEqual(['x-0123456789abcdef.removed']);
  });

  it('deletes read-only folders and names that are not UTF-8', async () => {
    const test = await temporaryRepository({ '.gitignore': 'cache/\n' });
    const made = await test.create();
    await writeFiles(made.path, { 'cache/read-only/file': 'x' });
    await writeFile(Buffer.concat([Buffer.from(`${made.path}/cache/`), Buffer.from([0xff, 0xfe])]), 'x');
    await chmod(join(made.path, 'cache/read-only/file'), 0o444);
    await chmod(join(made.path, 'cache/read-only'), 0o555);
    expect(await test.remove(made)).toMatchObject({ checkpoint: null, branchDeleted: true });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('finishes what was interrupted: a folder deleted by hand, a trash not emptied', async () => {
    const test = await temporaryRepository();
    const [byHand, other] = [await test.create(), await test.create()];
    await git(byHand.path, 'switch', '--quiet', '--detach');
    await writeFiles(byHand.path, { staged: 'precious' });
    await git(byHand.path, 'commit', '--quiet', '--allow-empty', '--message=detached work');
    const head = await git(byHand.path, 'rev-parse', 'HEAD');
    await git(byHand.path, 'add', 'staged');
    await rm(byHand.path, { recursive: true });
    await writeFiles(test.worktreesFolder, { '.trash/builder-0123456789ab-0123456789abcdef.removed/file': 'x' });
    const { checkpoint, bytes } = await test.remove(byHand);
    expect(bytes).toBe(null);
    expect(await test.git('show', `${checkpoint}:staged`)).toBe('precious');
    expect(await test.git('rev-parse', `${checkpoint}^`)).toBe(head);
    expect((await test.traces()).worktrees).toEqual([other.path]);
    expect(await readdir(test.worktreesFolder)).toEqual([`builder-${other.runId.slice(4)}`]);
  });

  it('leaves foreign worktrees alone, also those that git would prune', async () => {
    const test = await temporaryRepository();
    const [present, missing] = [join(test.worktreesFolder, 'present'), join(test.worktreesFolder, 'missing')];
    await test.git('worktree', 'add', '--quiet', present);
    await test.git('worktree', 'add', '--quiet', missing);
    await rm(missing, { recursive: true });
    await test.remove(await test.create());
    expect(await test.traces()).toMatchObject({ branches: [], worktrees: [missing, present].sort(), folder: true });
  });
});

describe.concurrent('a worktree is kept as it is, and the reason told', () => {
  it('when somebody else locked it', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const facts = await test.factsOf(made);
    await test.git('worktree', 'unlock', made.path);
    await test.git('worktree', 'lock', '--reason', 'hands off', made.path);
    await expect(test.worktrees.remove(test.repository, facts)).rejects.toMatchObject({
      facts: { detail: `${made.path} is locked: hands off` },
    });
    expect(await exists(made.path)).toBe(true);
  });

  it('when it is not ours or not there any more', async () => {
    const test = await temporaryRepository();
    const [made, other] = [await test.create(), await test.create()];
    const facts = await test.factsOf(made);
    await expect(test.worktrees.remove(test.repository, { ...facts, path: other.path })).rejects.toMatchObject({
      code: 'git_failed',
    });
    await test.remove(made);
    await expect(test.worktrees.remove(test.repository, facts)).rejects.toMatchObject({ code: 'git_failed' });
    expect((await test.factsOf(other)).exists).toBe(true);
  });

  it.each(['a file', 'a commit'])('when %s is added after its work was kept', async (late) => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'switch', '--quiet', '--detach');
    await writeFiles(made.path, { early: 'x' });
    const facts = await test.factsOf(made);
    const removals: Promise<unknown>[] = [];
    await holdingLock(test.repository, async () => {
      removals.push(test.worktrees.remove(test.repository, facts));
      while ((await test.git('for-each-ref', 'refs/warden')) === '') await sleep(10);
      if (late === 'a file') await writeFiles(made.path, { late: 'precious' });
      else await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=precious');
    });
    const [removal] = await Promise.allSettled(removals);
    expect(removal).toMatchObject({ reason: { facts: { detail: `${made.path} was changed meanwhile` } } });
    expect((await test.factsOf(made)).dirtyFiles).toBe(late === 'a file' ? 2 : 1);
  });

  it('when it has become a repository of its own', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await rm(join(made.path, '.git'));
    await git(made.path, 'init', '--quiet');
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=own');
    await expect(test.remove(made)).rejects.toMatchObject({ code: 'git_failed' });
    expect(await git(made.path, 'log', '--format=%s')).toBe('own');
  });

  it('when a repository inside holds work that is nowhere else', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const nested = join(made.path, 'nested');
    await mkdir(nested);
    await git(nested, 'init', '--quiet');
    await writeFiles(nested, { file: 'x' });
    await expect(test.remove(made)).rejects.toMatchObject({ code: 'git_failed' });
    await git(nested, 'add', '.');
    await git(nested, 'commit', '--quiet', '--message=nested');
    await expect(test.remove(made)).rejects.toMatchObject({ facts: { detail: expect.stringContaining('nested') } });
    expect(await git(nested, 'log', '--format=%s')).toBe('nested');
    const remote = join(await temporaryFolder(), 'remote.git');
    await git(nested, 'clone', '--quiet', '--bare', nested, remote);
    await git(nested, 'remote', 'add', 'origin', remote);
    await git(nested, 'fetch', '--quiet', 'origin');
    expect((await test.remove(made)).checkpoint).not.toBe(null);
  });

  it('when what is in it cannot be read back', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.bin filter=broken\n' });
    const made = await test.create();
    await writeFiles(made.path, { 'work.bin': 'precious' });
    await test.git('config', 'filter.broken.clean', 'false');
    await test.git('config', 'filter.broken.required', 'true');
    await expect(test.remove(made)).rejects.toMatchObject({
      facts: { operation: 'keep work', detail: expect.stringContaining('clean filter') },
    });
    expect(await exists(join(made.path, 'work.bin'))).toBe(true);
    expect((await test.factsOf(made)).lock).not.toBe(null);
    expect(await test.git('for-each-ref', 'refs/warden')).toBe('');
  });

  it('when it holds the only copy of a file that was not changed', async () => {
    const test = await temporaryRepository({ file: 'precious' });
    const made = await test.create();
    // Older than the index, so that git does not read it again.
    await utimes(join(made.path, 'file'), 1, 1);
    await git(made.path, 'update-index', '--refresh');
    const blob = await test.git('rev-parse', 'HEAD:file');
    await rm(join(test.repository.gitDirectory, 'objects', blob.slice(0, 2), blob.slice(2)));
    await expect(test.remove(made)).rejects.toMatchObject({
      facts: { operation: 'verify what is kept', detail: expect.stringContaining(blob) },
    });
    await git(made.path, 'hash-object', '-w', 'file');
    expect(await test.remove(made)).toMatchObject({ checkpoint: null });
  });

  it.each([
    ['git prunes what was kept just before its ref is there', 'prepared', 'git prune --expire=now'],
    ['the ref of what was kept is deleted', 'committed', 'git update-ref -d $ref'],
  ])('when %s', async (_, state, deed) => {
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(made.path, { work: 'precious' });
    const hook = join(test.repository.gitDirectory, 'hooks/reference-transaction');
    const script = `read old new ref; case "$1 $ref $new" in "${state} refs/warden/"*0000) ;; "${state} refs/warden/"*) ${deed};; esac`;
    await writeFiles(test.repository.gitDirectory, { 'hooks/reference-transaction': `#!/bin/sh\n${script}\n` });
    await chmod(hook, 0o755);
    await expect(test.remove(made)).rejects.toMatchObject({ facts: { operation: 'verify what is kept' } });
    expect(await exists(join(made.path, 'work'))).toBe(true);
  });

  it('when a folder in it may not be read', async (context) => {
    if (process.getuid?.() === 0)
      notTestedHere(context, 'a folder that may not be read, since root may read everything');
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(made.path, { 'locked/work': 'precious' });
    await chmod(join(made.path, 'locked'), 0o000);
    expect((await test.factsOf(made)).dirtyFiles).toBe(null);
    const { each } = await test.worktrees.sizesOf([made.path], new AbortController().signal);
    expect(each).toEqual([null]);
    await expect(test.remove(made)).rejects.toMatchObject({
      facts: { detail: expect.stringContaining('Permission denied') },
    });
    await chmod(join(made.path, 'locked'), 0o755);
    const { checkpoint } = await test.remove(made);
    expect(await test.git('show', `${checkpoint}:locked/work`)).toBe('precious');
  });

  it('when something is mounted inside', async (context) => {
    const test = await temporaryRepository({ '.gitignore': 'mounted\n' });
    const made = await test.create();
    const outside = await temporaryFolder();
    await writeFiles(outside, { precious: 'x' });
    const mountPoint = join(made.path, 'mounted');
    await mkdir(mountPoint);
    const mounted = await execute('mount', ['--bind', outside, mountPoint]).catch(() => null);
    if (mounted === null) notTestedHere(context, 'something mounted in a worktree, which needs root');
    try {
      await expect(test.remove(made)).rejects.toMatchObject({
        facts: { detail: `something is mounted in it: ${mountPoint}` },
      });
      expect(await exists(join(outside, 'precious'))).toBe(true);
    } finally {
      await execute('umount', [mountPoint]);
    }
    await test.remove(made);
    expect(await exists(join(outside, 'precious'))).toBe(true);
  });

  it('in the trash too, while something is mounted inside; the rest of the trash is emptied', async (context) => {
    const test = await temporaryRepository();
    const made = await test.create();
    const outside = await temporaryFolder();
    await writeFiles(outside, { precious: 'x' });
    const trash = join(test.worktreesFolder, '.trash');
    const [mountPoint, other] = ['0', '1'].map((first) => join(trash, `${first}-0123456789abcdef.removed/folder`));
    await mkdir(mountPoint!, { recursive: true });
    await mkdir(other!, { recursive: true });
    const mounted = await execute('mount', ['--bind', outside, mountPoint!]).catch(() => null);
    if (mounted === null) notTestedHere(context, 'something mounted in the trash, which needs root');
    try {
      await test.remove(made);
      expect(await readdir(trash)).toEqual(['0-0123456789abcdef.removed']);
      expect(await exists(join(outside, 'precious'))).toBe(true);
    } finally {
      await execute('umount', [mountPoint!]);
    }
  });

  it('when it cannot be moved', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(test.worktreesFolder, { '.trash': 'a file in its place' });
    await writeFiles(made.path, { work: 'x' });
    await expect(test.remove(made)).rejects.toMatchObject({ code: 'git_failed' });
    expect((await test.factsOf(made)).dirtyFiles).toBe(1);
    await rename(join(test.worktreesFolder, '.trash'), join(test.path, 'elsewhere'));
    expect((await test.remove(made)).checkpoint).toBe(`refs/warden/checkpoints/${made.runId}/1`);
  });
});
