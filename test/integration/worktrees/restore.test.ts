import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import {
  contentOf,
  exists,
  git,
  type Made,
  notTestedHere,
  temporaryRepository,
  type TestRepository,
  writeFiles,
} from './temporary-repository.ts';

/** Nothing of these goes on. */
const nobody = () => Promise.resolve();

const restoring = (test: TestRepository, { runId, path, branch }: Made, number: number | null = null) =>
  test.worktrees.restore({
    repository: test.repository,
    runId,
    names: { path, branch },
    number,
    at: Date.now(),
    endWorkers: nobody,
    signal: new AbortController().signal,
  });

/** What a person sees of a worktree: its files, its index, and what git says of both. */
async function seen(path: string): Promise<object> {
  return {
    content: await contentOf(path),
    index: await git(path, 'ls-files', '--stage', '-z'),
    status: await git(path, '--no-optional-locks', 'status', '--porcelain=v2', '-z', '--untracked-files=all'),
    head: await git(path, 'rev-parse', '--verify', '--quiet', 'HEAD').catch(() => 'none'),
  };
}

async function makeDirty({ path }: Made): Promise<void> {
  await writeFiles(path, { both: 'staged', staged: 'staged', 'untracked/a\nb': 'x', binary: Buffer.from([0, 1, 255]) });
  await git(path, 'add', 'both', 'staged');
  await git(path, 'mv', 'moved', 'moved away');
  await git(path, 'rm', '--quiet', '--cached', 'taken out');
  await writeFiles(path, { both: 'worktree', changed: 'changed' });
  await chmod(join(path, 'mode'), 0o755);
  await rm(join(path, 'deleted'));
  await symlink('/nowhere', join(path, 'link'));
  await writeFiles(path, { intended: 'content' });
  await git(path, 'add', '--intent-to-add', 'intended');
}

const tracked = {
  '.gitignore': 'ignored/\n',
  both: 'x',
  staged: 'x',
  moved: 'x',
  mode: 'x',
  deleted: 'x',
  changed: 'x',
  'taken out': 'x',
};

/** @returns whether it came to its end */
async function restoreAndDie(
  test: TestRepository,
  made: Made,
  command: number,
  when: 'before' | 'after',
): Promise<boolean> {
  const { runId, path, branch } = made;
  const request = JSON.stringify({ runId, names: { path, branch }, number: null, at: Date.now() });
  const script = join(import.meta.dirname, 'restore-in-process.ts');
  const { signal, exitCode, stderr } = await execa(process.execPath, [script, test.path, request, `${command}`, when], {
    reject: false,
  });
  if (signal === undefined && exitCode !== 0) throw new Error(stderr);
  return signal === undefined;
}

describe.concurrent('restoring a checkpoint', () => {
  it('gives back files and what was staged, beside the worktree and after it was removed', async () => {
    const test = await temporaryRepository(tracked);
    const made = await test.create();
    await makeDirty(made);
    const before = await seen(made.path);
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    const beside = await restoring(test, made);
    expect(beside).toMatchObject({
      path: `${made.path}-restored-1`,
      branch: `${made.branch}-restored-1`,
      checkpoint: { ref: `refs/warden/checkpoints/${made.runId}/1`, number: 1, why: 'by_hand', operation: null },
    });
    expect(beside.changes).toContainEqual({ path: 'deleted', change: 'deleted' });
    expect(beside.changes).toContainEqual({ path: 'untracked/a\nb', change: 'added' });
    expect(await seen(beside.path)).toEqual(before);
    expect(await seen(made.path)).toEqual(before);
    const listed = await test.worktrees.list(test.repository);
    expect(listed.map(({ path, runId, restored }) => ({ path, runId, restored }))).toContainEqual({
      path: beside.path,
      runId: made.runId,
      restored: { checkpoint: `refs/warden/checkpoints/${made.runId}/1`, at: expect.any(Number) },
    });
    const own = listed.find(({ path }) => path === made.path);
    if (own === undefined) throw new Error('the own worktree is not listed');
    await test.worktrees.remove(test.repository, own);
    const after = await restoring(test, made, 1);
    expect(after).toMatchObject({ path: `${made.path}-restored-2`, changes: null });
    expect(await seen(after.path)).toEqual(before);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('gives back the very bytes where git keeps others: line endings, keywords, encodings, filters', async () => {
    const test = await temporaryRepository({
      '.gitattributes':
        '* text=auto\nkept -text\nid ident\nutf16 working-tree-encoding=UTF-16LE eol=crlf\nstripped filter=strip\n',
      'mixed "1"\n2': 'a\nb\n',
      id: '$Id$\n',
      'not changed': 'a\nb\n',
    });
    await test.git('config', 'filter.strip.clean', 'grep -v output');
    const made = await test.create();
    await writeFiles(made.path, {
      'mixed "1"\n2': 'a\r\nb\r\nc\n',
      'new/windows ü': 'a\r\n',
      kept: 'a\r\n',
      id: '$Id: mine $\n',
      utf16: Buffer.from('a\r\nb\r\n', 'utf16le'),
      stripped: 'code\noutput\n',
    });
    await chmod(join(made.path, 'new/windows ü'), 0o755);
    await git(made.path, 'add', 'kept');
    const before = await seen(made.path);
    const ref = await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    expect(await test.git('cat-file', '-p', `${ref}:stripped`)).toBe('code');
    expect(await seen((await restoring(test, made)).path)).toEqual(before);
    await rm(made.path, { recursive: true });
    expect(await test.remove(made)).toMatchObject({ checkpoint: ref });
    expect(await seen((await restoring(test, made)).path)).toEqual(before);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('gives back what the file system tells apart, though git is set to what another one can do', async (context) => {
    if (process.platform !== 'linux') notTestedHere(context, 'names that differ in case only, since they are one here');
    const test = await temporaryRepository({ both: 'x', Both: 'X', mode: 'x' });
    for (const setting of ['fileMode=false', 'symlinks=false', 'ignoreCase=true']) {
      const [name = '', value = ''] = setting.split('=');
      await test.git('config', `core.${name}`, value);
    }
    const made = await test.create();
    await writeFiles(made.path, { both: 'y', Both: 'Y', new: 'z', New: 'Z', 'Folder/a': 'a', 'folder/b': 'b' });
    await symlink('/nowhere', join(made.path, 'link'));
    for (const program of ['mode', 'new']) await chmod(join(made.path, program), 0o755);
    const before = await contentOf(made.path);
    await test.remove(made);
    expect(await contentOf((await restoring(test, made)).path)).toEqual(before);
  });

  it('gives back the versions of what is not merged', async () => {
    const test = await temporaryRepository({ conflict: 'base', 'deleted by them': 'base' });
    const made = await test.create();
    await git(made.path, 'switch', '--quiet', '--create', 'theirs');
    await writeFiles(made.path, { conflict: 'theirs' });
    await git(made.path, 'rm', '--quiet', 'deleted by them');
    await git(made.path, 'commit', '--quiet', '--all', '--message=theirs');
    const theirs = await git(made.path, 'rev-parse', 'HEAD');
    await git(made.path, 'switch', '--quiet', made.branch);
    await writeFiles(made.path, { conflict: 'ours', 'deleted by them': 'ours' });
    await git(made.path, 'commit', '--quiet', '--all', '--message=ours');
    await git(made.path, 'merge', theirs).catch(() => undefined);
    await git(made.path, 'branch', '--quiet', '-D', 'theirs');
    const before = await seen(made.path);
    await test.remove(made);
    // What the merge was with is kept as long as the checkpoint is.
    await test.git('-c', 'gc.reflogExpire=now', 'gc', '--quiet', '--prune=now');
    const restored = await restoring(test, made);
    expect(restored.checkpoint.operation).toBe('merge');
    expect(await seen(restored.path)).toEqual(before);
    expect(await test.git('cat-file', '-t', theirs)).toBe('commit');
  });

  it('gives back a worktree before its first commit', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'switch', '--quiet', '--orphan', 'own-history');
    await writeFiles(made.path, { staged: 'x', both: 'staged' });
    await git(made.path, 'add', '.');
    await writeFiles(made.path, { both: 'worktree', untracked: 'x' });
    const before = await seen(made.path);
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    const restored = await restoring(test, made);
    expect(await seen(restored.path)).toEqual(before);
    expect(await git(restored.path, 'symbolic-ref', 'HEAD')).toBe(`refs/heads/${restored.branch}`);
  });

  it('overwrites nothing: folders and branches that are there, whoever made them, are passed over', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(made.path, { work: 'x' });
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    await writeFiles(`${made.path}-restored-1`, { theirs: 'x' });
    await test.git('branch', `${made.branch}-restored-2`);
    const restored = await Promise.all([restoring(test, made), restoring(test, made)]);
    expect(restored.map(({ path }) => path).sort()).toEqual([`${made.path}-restored-3`, `${made.path}-restored-4`]);
    expect(await contentOf(`${made.path}-restored-1`)).toHaveProperty('theirs');
  });

  it('tells which checkpoints there are when there is none with that number', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await expect(restoring(test, made)).rejects.toMatchObject({ code: 'no_checkpoint', facts: { known: [] } });
    await writeFiles(made.path, { work: 'x' });
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    await expect(restoring(test, made, 2)).rejects.toMatchObject({ code: 'no_checkpoint', facts: { known: [1] } });
  });

  it('works beside a checkpoint whose commit is missing, which keeps its number', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const keep = async (work: string) => {
      await writeFiles(made.path, { work });
      return await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    };
    const lose = async (ref: string | null) => {
      const commit = await test.git('rev-parse', String(ref));
      await rm(join(test.repository.gitDirectory, 'objects', commit.slice(0, 2), commit.slice(2)));
    };
    await lose(await keep('first'));
    const second = `refs/warden/checkpoints/${made.runId}/2`;
    expect(await keep('second')).toBe(second);
    expect(await contentOf((await restoring(test, made)).path)).toEqual(await contentOf(made.path));
    await lose(second);
    expect(await test.remove(made)).toMatchObject({ checkpoint: `refs/warden/checkpoints/${made.runId}/3` });
  });

  it('leaves nothing when it fails half-way', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.bin filter=broken\n' });
    const made = await test.create();
    await writeFiles(made.path, { 'a.bin': 'x', 'b.txt': 'x' });
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    const before = await test.traces();
    await test.git('config', 'filter.broken.smudge', 'false');
    await test.git('config', 'filter.broken.required', 'true');
    await expect(restoring(test, made)).rejects.toMatchObject({ code: 'git_failed' });
    expect(await test.traces()).toEqual(before);
    expect(await exists(`${made.path}-restored-1`)).toBe(false);
  });

  it('names in its message what git ignores, with sizes', async () => {
    const test = await temporaryRepository(tracked);
    const made = await test.create();
    await writeFiles(made.path, { work: 'x', 'ignored/big': 'x'.repeat(20_000), 'ignored/small': 'x' });
    const ref = await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    expect(await test.git('log', '-1', '--format=%B', String(ref))).toContain('"ignored/" 20 kB');
  });

  it('that is killed at any of its git commands leaves nothing once somebody looks', { timeout: 300_000 }, async () => {
    const test = await temporaryRepository(tracked);
    const made = await test.create();
    await makeDirty(made);
    await test.worktrees.checkpoint({ ...made, why: 'by_hand' });
    const before = { content: await seen(made.path), traces: await test.traces() };
    let command = 1;
    let left = 0;
    while (!(await restoreAndDie(test, made, command, command % 2 === 0 ? 'before' : 'after'))) {
      command += 1;
      expect(await test.worktrees.list(test.repository)).toHaveLength(1);
      if (!isDeepStrictEqual((await test.traces()).worktrees, before.traces.worktrees)) left += 1;
      await test.worktrees.takeBackInterrupted(test.repository, nobody);
      expect(await test.traces()).toEqual(before.traces);
      expect(await exists(`${made.path}-restored-1`)).toBe(false);
    }
    expect(command).toBeGreaterThan(6);
    expect(left).toBeGreaterThan(2);
    expect(await seen(`${made.path}-restored-1`)).toEqual(before.content);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});
