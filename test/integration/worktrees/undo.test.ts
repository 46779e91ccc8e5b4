import { execFile } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { lockReason } from '../../../src/core/removal.ts';
import {
  exists,
  git,
  noTraces,
  notTestedHere,
  temporaryFolder,
  temporaryRepository,
  writeFiles,
} from './temporary-repository.ts';

const execute = promisify(execFile);

describe.concurrent('undo', () => {
  it('leaves nothing of a worktree that never started', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await writeFiles(made.path, { 'from/setup': 'x', 'read-only/file': 'x' });
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual(noTraces);
    expect(await test.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    await test.worktrees.undo(test.repository, made);
  });

  it('leaves other worktrees alone, ours and foreign', async () => {
    const test = await temporaryRepository();
    const [made, other] = [await test.create(), await test.create()];
    const foreign = join(test.worktreesFolder, 'foreign');
    await test.git('worktree', 'add', '--quiet', foreign);
    await test.worktrees.undo(test.repository, made);
    expect((await test.traces()).worktrees.sort()).toEqual([other.path, foreign].sort());
  });

  it('never follows a link out of the worktree', async () => {
    const outside = await temporaryFolder();
    await writeFiles(outside, { precious: 'x' });
    const test = await temporaryRepository();
    const made = await test.create();
    await symlink(outside, join(made.path, 'link'));
    await test.worktrees.undo(test.repository, made);
    expect(await exists(made.path)).toBe(false);
    expect(await exists(join(outside, 'precious'))).toBe(true);
  });

  it('deletes nothing while something is mounted inside, and says so', async (context) => {
    const outside = await temporaryFolder();
    await writeFiles(outside, { precious: 'x' });
    const test = await temporaryRepository();
    const made = await test.create();
    const mountPoint = join(made.path, 'mounted');
    await mkdir(mountPoint);
    const mounted = await execute('mount', ['--bind', outside, mountPoint]).catch(() => null);
    if (mounted === null)
      notTestedHere(context, 'something mounted in a worktree that is taken back, which needs root');
    try {
      await expect(test.worktrees.undo(test.repository, made)).rejects.toMatchObject({
        facts: { detail: `something is mounted in it: ${mountPoint}` },
      });
      expect(await exists(join(outside, 'precious'))).toBe(true);
    } finally {
      await execute('umount', [mountPoint]);
    }
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual(noTraces);
    expect(await exists(join(outside, 'precious'))).toBe(true);
  });

  it('keeps a branch that has moved on', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=work');
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual({ ...noTraces, branches: [made.branch] });
  });

  it.each(['folder and branch', 'folder', 'branch', 'nothing else'])(
    'takes back what git left `locked initializing`, with %s there',
    async (left) => {
      const test = await temporaryRepository();
      const request = await test.request();
      await test.git('worktree', 'add', '--quiet', '--no-checkout', '-b', request.branch, request.path);
      const admin = join(test.repository.gitDirectory, 'worktrees', `builder-${request.runId.slice(4)}`);
      await writeFile(join(admin, 'locked'), 'initializing');
      await rm(join(admin, 'commondir'));
      if (!left.includes('folder')) await rm(request.path, { recursive: true });
      if (!left.includes('branch')) await test.git('update-ref', '-d', `refs/heads/${request.branch}`);
      await test.worktrees.undo(test.repository, request);
      expect(await test.traces()).toEqual(noTraces);
    },
  );

  it('takes back a creation that was killed between any two of its steps', async () => {
    const test = await temporaryRepository();
    const announcement = (runId: string) => join(test.repository.gitDirectory, `warden-creating-${runId}.json`);
    const announced = async () => {
      const request = await test.request();
      const { runId, branch, baseCommit } = request;
      await writeFile(announcement(runId), JSON.stringify({ version: 1, runId, branch, baseCommit }));
      return request;
    };
    const onlyAnnounced = await announced();
    const withBranch = await announced();
    await test.git('branch', withBranch.branch);
    const withEntry = await announced();
    const admin = join(test.repository.gitDirectory, 'worktrees', 'half-made');
    await mkdir(admin, { recursive: true });
    await writeFile(join(admin, 'locked'), lockReason(withEntry.runId));
    await mkdir(withEntry.path, { recursive: true });
    const registered = await announced();
    const { path, branch, runId } = registered;
    await test.git('worktree', 'add', '--no-checkout', '--lock', '--reason', lockReason(runId), '-b', branch, path);
    for (const request of [onlyAnnounced, withBranch, withEntry, registered]) {
      await test.worktrees.undo(test.repository, request);
    }
    expect(await test.traces()).toEqual(noTraces);
  });

  it('does not touch what is not the run’s: a folder, a branch, a worktree in its place', async () => {
    const test = await temporaryRepository();
    const request = await test.request();
    await writeFiles(request.path, { file: 'x' });
    await test.git('branch', request.branch);
    await test.worktrees.undo(test.repository, request);
    expect(await exists(join(request.path, 'file'))).toBe(true);
    await rm(request.path, { recursive: true });
    await test.git('worktree', 'add', '--quiet', request.path, request.branch);
    await test.worktrees.undo(test.repository, request);
    expect(await test.traces()).toMatchObject({ branches: [request.branch], worktrees: [request.path] });
    const another = await test.create();
    await test.worktrees.undo(test.repository, { ...request, path: another.path, branch: another.branch });
    expect((await test.factsOf(another)).dirtyFiles).toBe(0);
  });

  it('does not delete a folder that has become a repository of its own', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await rm(join(made.path, '.git'));
    await git(made.path, 'init', '--quiet');
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=own');
    await test.worktrees.undo(test.repository, made);
    expect(await git(made.path, 'log', '--format=%s')).toBe('own');
  });
});
