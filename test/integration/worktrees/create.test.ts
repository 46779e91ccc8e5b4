import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { lockReason } from '../../../src/core/removal.ts';
import { git, exists, noTraces, temporaryRepository, writeFiles } from './temporary-repository.ts';

const execute = promisify(execFile);

/** A shell command that goes on until `release`, or until the repository has gone. */
function untilReleased(repository: string): string {
  return `while [ -d '${repository}' ] && [ ! -e '${repository}/.git/released' ]; do sleep 0.1; done`;
}

async function release(repository: string): Promise<void> {
  await writeFiles(repository, { '.git/released': '' });
}

describe.concurrent('a new worktree', () => {
  it('is on a branch of its own at the base, with the files, locked and marked as the run’s', async () => {
    const test = await temporaryRepository({ 'a/b c.txt': 'one\n', ü: 'two\n' });
    const base = await test.git('rev-parse', 'HEAD');
    await writeFiles(test.path, { later: 'x' });
    await test.git('add', '.');
    await test.git('commit', '--quiet', '--message=later');
    const made = await test.create({ baseCommit: base });
    expect(await readFile(join(made.path, 'a/b c.txt'), 'utf8')).toBe('one\n');
    expect(await readFile(join(made.path, 'ü'), 'utf8')).toBe('two\n');
    expect(await exists(join(made.path, 'later'))).toBe(false);
    expect(await git(made.path, 'status', '--porcelain')).toBe('');
    expect(await test.worktrees.list(test.repository)).toEqual([
      {
        path: made.path,
        runId: made.runId,
        repository: test.path,
        branch: made.branch,
        head: base,
        exists: true,
        lock: { reason: lockReason(made.runId) },
        dirtyFiles: 0,
        unpushed: 0,
        merged: false,
        bytes: null,
        operation: null,
        restored: null,
      },
    ]);
    expect((await test.traces()).files).toEqual(['worktrees']);
  });

  it('does not track the branch that it starts from', async () => {
    const origin = await temporaryRepository();
    const test = await temporaryRepository();
    await test.git('remote', 'add', 'origin', origin.path);
    await test.git('fetch', '--quiet', 'origin');
    await test.git('config', 'branch.autoSetupMerge', 'always');
    const made = await test.create({ baseCommit: await test.git('rev-parse', 'origin/main') });
    await expect(git(made.path, 'rev-parse', '@{upstream}')).rejects.toThrow('no upstream');
  });

  it('can be made ten times at once', async () => {
    const test = await temporaryRepository();
    const made = await Promise.all(Array.from({ length: 10 }, async () => await test.create()));
    const listed = await test.worktrees.list(test.repository);
    expect(listed.map(({ path }) => path).sort()).toEqual(made.map(({ path }) => path).sort());
    expect(listed.every(({ dirtyFiles, exists }) => exists && dirtyFiles === 0)).toBe(true);
    expect((await test.traces()).files).toEqual(['worktrees']);
  });

  it('can be made by several processes at once', async () => {
    const test = await temporaryRepository();
    const script = join(import.meta.dirname, 'create-in-process.ts');
    const [made] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, async () => await test.create())),
      ...Array.from({ length: 2 }, async () => await execute(process.execPath, [script, test.path, '5'])),
    ]);
    const listed = await test.worktrees.list(test.repository);
    expect(made).toHaveLength(5);
    expect(listed).toHaveLength(15);
    expect(listed.every(({ dirtyFiles, exists }) => exists && dirtyFiles === 0)).toBe(true);
    expect((await test.traces()).files).toEqual(['worktrees']);
  });

  it('runs the post-checkout hook as git does, and does not wait for what the hook left running', async () => {
    const test = await temporaryRepository();
    await writeFiles(test.path, {
      '.git/hooks/post-checkout': `#!/bin/sh\necho "$@" > hook-ran\n(${untilReleased(test.path)}) &\n`,
    });
    await chmod(join(test.path, '.git/hooks/post-checkout'), 0o755);
    const made = await test.create();
    await release(test.path);
    expect(await readFile(join(made.path, 'hook-ran'), 'utf8')).toBe(`${'0'.repeat(40)} ${made.baseCommit} 1\n`);
  });
});

describe.concurrent('a creation that fails leaves nothing', () => {
  it('when the path is taken, by whatever', async () => {
    const test = await temporaryRepository();
    const request = await test.request();
    await mkdir(request.path, { recursive: true });
    await expect(test.worktrees.create(request)).rejects.toMatchObject({ code: 'worktree_path_taken' });
    expect(await test.traces()).toEqual({ ...noTraces, folder: true });
    expect(await exists(request.path)).toBe(true);
  });

  it('when the path belongs to a worktree whose folder was deleted', async () => {
    const test = await temporaryRepository();
    const request = await test.request();
    await test.git('worktree', 'add', '--quiet', '-b', 'foreign', request.path);
    await execute('rm', ['-r', request.path]);
    await expect(test.worktrees.create(request)).rejects.toMatchObject({ code: 'worktree_path_taken' });
    const traces = await test.traces();
    expect(traces).toMatchObject({ branches: [], worktrees: [request.path], files: ['worktrees'] });
  });

  it('when the branch is taken, which stays as it was', async () => {
    const test = await temporaryRepository();
    const request = await test.request();
    await test.git('branch', request.branch);
    await expect(test.worktrees.create(request)).rejects.toMatchObject({ code: 'branch_taken' });
    expect(await test.traces()).toEqual({ ...noTraces, branches: [request.branch] });
    await test.worktrees.undo(test.repository, request);
    expect(await test.traces()).toEqual({ ...noTraces, branches: [request.branch] });
  });

  it('when git refuses, in git’s own words', async () => {
    const test = await temporaryRepository();
    const illegal = await test.request({ branch: 'not..legal' });
    await expect(test.worktrees.create(illegal)).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringContaining("'not..legal' is not a valid branch name") },
    });
    await test.git('branch', 'warden');
    await expect(test.worktrees.create(await test.request())).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringContaining("'refs/heads/warden' exists") },
    });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('when the checkout fails half-way', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.bin filter=broken\n', 'a.txt': 'x', 'z.bin': 'x' });
    await test.git('config', 'filter.broken.smudge', 'false');
    await test.git('config', 'filter.broken.required', 'true');
    await expect(test.create()).rejects.toMatchObject({
      code: 'git_failed',
      facts: { detail: expect.stringContaining('smudge filter broken failed') },
    });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('when the post-checkout hook fails, as `git worktree add` does then', async () => {
    const test = await temporaryRepository();
    await writeFiles(test.path, { '.git/hooks/post-checkout': '#!/bin/sh\necho "no licence" >&2\nexit 3\n' });
    await chmod(join(test.path, '.git/hooks/post-checkout'), 0o755);
    await expect(test.create()).rejects.toMatchObject({ code: 'git_failed', facts: { detail: 'no licence' } });
    expect(await test.traces()).toEqual(noTraces);
  });

  it('when it is cancelled before, while it waits, or in the middle of the checkout', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.bin filter=slow\n', 'z.bin': 'x' });
    await test.git('config', 'filter.slow.smudge', `${untilReleased(test.path)}; cat`);
    const before = await test.request({ signal: AbortSignal.abort(new Error('cancelled')) });
    await expect(test.worktrees.create(before)).rejects.toThrow('cancelled');
    const controller = new AbortController();
    const requests = await Promise.all(
      Array.from({ length: 4 }, async () => await test.request({ signal: controller.signal })),
    );
    const creations = requests.map(async (request) => await test.worktrees.create(request));
    const outcomes = Promise.allSettled(creations);
    const hasStarted = async () =>
      (await Promise.all(requests.map(({ path }) => exists(join(path, '.git'))))).every(Boolean);
    while (!(await hasStarted())) await sleep(20);
    controller.abort(new Error('cancelled'));
    const ended = await outcomes;
    await release(test.path);
    for (const outcome of ended) expect(outcome).toMatchObject({ reason: { message: 'cancelled' } });
    for (const request of requests) await test.worktrees.undo(test.repository, request);
    expect(await test.traces()).toEqual(noTraces);
  });
});
