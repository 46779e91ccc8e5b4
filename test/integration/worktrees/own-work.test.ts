import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { git, temporaryRepository, writeFiles } from './temporary-repository.ts';

async function worktree() {
  const test = await temporaryRepository();
  const made = await test.create();
  const lookOnce = () => test.worktrees.ownWorkIn(made);
  /** Once git answers in time, which it need not on a busy machine. */
  const look = () =>
    eventually(async () => {
      const work = await lookOnce();
      return JSON.stringify(work).includes('in time') ? null : work;
    });
  return { test, made, look, lookOnce };
}

const observed = (files: { tracked: number; untracked: number }, commits: number) => ({
  files: { state: 'observed', value: files },
  commits: { state: 'observed', value: commits },
});

describe.concurrent('work that is only in a worktree and on its branch', () => {
  it('is none in a fresh one', async () => {
    const { look } = await worktree();
    expect(await look()).toEqual(observed({ tracked: 0, untracked: 0 }, 0));
  });

  it('is counted: files that git knows, files that it does not, and commits', async () => {
    const { made, look } = await worktree();
    await writeFiles(made.path, { 'one.txt': '1', 'two.txt': '2' });
    await git(made.path, 'add', '--all');
    await git(made.path, 'commit', '--quiet', '--message=one');
    await git(made.path, 'commit', '--quiet', '--message=two', '--allow-empty');
    await writeFiles(made.path, { 'README.md': 'changed', 'new/file.txt': 'new', 'new/other.txt': 'new' });
    await git(made.path, 'rm', '--quiet', 'one.txt');
    expect(await look()).toEqual(observed({ tracked: 2, untracked: 2 }, 2));
  });

  it('does not count commits that a remote, a tag or another branch has', async () => {
    const { test, made, look } = await worktree();
    for (const message of ['pushed', 'tagged', 'branched', 'own']) {
      await git(made.path, 'commit', '--quiet', '--allow-empty', `--message=${message}`);
    }
    await test.git('update-ref', 'refs/remotes/origin/topic', `${made.branch}~3`);
    expect(await look()).toMatchObject({ commits: { value: 3 } });
    await test.git('tag', 'kept', `${made.branch}~2`);
    expect(await look()).toMatchObject({ commits: { value: 2 } });
    await test.git('branch', 'other', `${made.branch}~1`);
    expect(await look()).toMatchObject({ commits: { value: 1 } });
  });

  it('counts those of a detached HEAD, and those of the branch that it left', async () => {
    const { made, look } = await worktree();
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=on the branch');
    await git(made.path, 'checkout', '--quiet', '--detach', made.baseCommit);
    await git(made.path, 'commit', '--quiet', '--allow-empty', '--message=on no branch');
    expect(await look()).toMatchObject({ commits: { value: 2 } });
  });

  it('is unknown, with the reason, where there is no worktree any more, whatever repository is above it', async () => {
    const { test, made, look } = await worktree();
    await git(test.worktreesFolder, 'init', '--quiet');
    await rm(join(made.path, '.git'));
    const reason = { state: 'unknown', detail: expect.stringContaining('not a git repository') };
    expect(await look()).toEqual({ files: reason, commits: reason });
    await rm(made.path, { recursive: true });
    expect(await look()).toMatchObject({ files: { state: 'unknown', detail: expect.stringContaining(made.path) } });
  });

  it.skipIf(process.platform !== 'linux')('is unknown after some seconds where git does not answer', async () => {
    const { test, made, lookOnce } = await worktree();
    await writeFiles(made.path, { '.gitattributes': '* filter=endless\n', 'README.md': 'Hello\n' });
    await test.git('config', 'filter.endless.clean', 'sleep 600');
    await test.git('config', 'filter.endless.required', 'true');
    const work = await lookOnce();
    expect(work.files).toEqual({ state: 'unknown', detail: 'git did not answer in time' });
    expect(work.commits).toMatchObject({ state: 'observed', value: 0 });
    // By their cookie whoever asked ends what is left of it.
    for (const pid of processesOf(`${made.runId}/look`)) process.kill(pid, 'SIGKILL');
    await eventually(() => processesOf(`${made.runId}/look`).length === 0);
  });
});
