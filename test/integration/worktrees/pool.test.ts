import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { forgetLook } from '../../support/forget-look.ts';
import { describe, expect, it } from 'vitest';
import { lockReason, poolLockReason } from '../../../src/core/removal.ts';
import {
  contentOf,
  exists,
  git,
  type Made,
  noTraces,
  temporaryRepository,
  type TestRepository,
  writeFiles,
} from './temporary-repository.ts';

const { signal } = new AbortController();
const nobody = () => Promise.resolve();
const unoccupied = () => Promise.resolve(false);

const tend = async (test: TestRepository, size: number, isOccupied = unoccupied): Promise<void> => {
  await test.worktrees.tendPool(test.repository, { size, isOccupied, endWorkers: nobody, signal });
  await test.worktrees.settled();
};

/** @returns null when there was none to have */
async function handedOut(test: TestRepository, over: Partial<Made> = {}, isOccupied = unoccupied) {
  const request = await test.request(over);
  return (await test.worktrees.handOut({ ...request, isOccupied })) === null ? null : request;
}

/** The only one of the pool. */
async function pooled(test: TestRepository) {
  const [one, ...more] = await test.worktrees.pooled(test.repository);
  if (one === undefined || more.length > 0) throw new Error(`there are ${more.length} more`);
  return one;
}

async function commit(test: TestRepository, files: Record<string, string>): Promise<string> {
  await writeFiles(test.path, files);
  await test.git('add', '--all');
  await test.git('commit', '--quiet', '--message=next');
  return await test.git('rev-parse', 'HEAD');
}

const inProcess = (directory: string, ...more: string[]) =>
  execa(process.execPath, [join(import.meta.dirname, 'prepare-in-process.ts'), directory, ...more], { reject: false });

describe.concurrent('a pool', () => {
  it('holds as many worktrees as it is to, at HEAD, locked and on no branch, and none of them is a run’s', async () => {
    const test = await temporaryRepository({ 'a/b c.txt': 'one\n', ü: 'two\n' });
    await tend(test, 2);
    const two = await test.worktrees.pooled(test.repository);
    const head = await test.git('rev-parse', 'HEAD');
    expect(two).toHaveLength(2);
    for (const one of two) {
      expect(one).toMatchObject({ commit: head, state: 'ready', path: `${test.worktreesFolder}/.pool-${one.id}` });
      expect(await contentOf(one.path)).toEqual(await contentOf(test.path));
      expect(await test.git('worktree', 'list', '--porcelain')).toContain(`detached\nlocked ${poolLockReason(one.id)}`);
    }
    expect(await test.worktrees.list(test.repository)).toEqual([]);
    expect((await test.traces()).branches).toEqual([]);
    await tend(test, 2);
    expect(await test.worktrees.pooled(test.repository)).toEqual(two);
    await tend(test, 0);
    expect(await test.traces()).toEqual(noTraces);
  });

  it('hands one out that is in nothing different from one that was made', async () => {
    const test = await temporaryRepository({ 'a/b c.txt': 'one\n', ü: 'two\n' });
    await test.git('config', 'branch.autoSetupMerge', 'always');
    await tend(test, 1);
    const made = await test.create();
    const taken = await handedOut(test);
    if (taken === null) throw new Error('none was handed out');
    expect(await test.worktrees.isAsCreated(taken)).toBe(true);
    expect(await contentOf(taken.path)).toEqual(await contentOf(made.path));
    expect(await git(taken.path, 'status', '--porcelain=v2', '--branch')).toBe(
      (await git(made.path, 'status', '--porcelain=v2', '--branch')).replace(made.branch, taken.branch),
    );
    expect(await test.factsOf(taken)).toEqual({
      ...(await test.factsOf(made)),
      path: taken.path,
      runId: taken.runId,
      branch: taken.branch,
      lock: { reason: lockReason(taken.runId) },
    });
    expect(await test.worktrees.pooled(test.repository)).toEqual([]);
    expect(await test.worktrees.usabilityOf(taken.path)).toMatchObject({ state: 'usable' });
    await writeFiles(taken.path, { work: 'x' });
    await git(taken.path, 'add', '.');
    await git(taken.path, 'commit', '--quiet', '--message=work');
    expect(await test.git('log', '-1', '--format=%s', taken.branch)).toBe('work');
    expect(await test.git('worktree', 'prune', '--verbose')).toBe('');
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
    expect(await test.remove(taken)).toMatchObject({ branchDeleted: false });
    await test.remove(made);
    expect(await exists(test.worktreesFolder)).toBe(false);
  });

  it('gives none of another base: it is renewed, also where attributes change what the same files are', async () => {
    const test = await temporaryRepository({ same: 'a\nb\n', gone: 'x' });
    await tend(test, 1);
    await test.git('rm', '--quiet', 'gone');
    await commit(test, { added: 'x' });
    expect(await handedOut(test)).toBeNull();
    const before = await pooled(test);
    await tend(test, 1);
    expect(await pooled(test)).toMatchObject({ id: before.id, state: 'ready' });
    expect(await contentOf(before.path)).toEqual(await contentOf(test.path));
    await commit(test, { '.gitattributes': 'same text eol=crlf\n' });
    await tend(test, 1);
    const taken = await handedOut(test);
    expect(taken).not.toBeNull();
    expect(await contentOf(String(taken?.path))).toMatchObject({ same: `file ${btoa('a\r\nb\r\n')}` });
  });

  it('is renewed and removed though no branch holds any more what it was prepared with', async () => {
    const test = await temporaryRepository();
    await tend(test, 1);
    const { id } = await pooled(test);
    for (const message of ['amended', 'again']) {
      await test.git('commit', '--quiet', '--amend', `--message=${message}`);
      await tend(test, 1);
      expect(await pooled(test)).toMatchObject({ id, state: 'ready', commit: await test.git('rev-parse', 'HEAD') });
    }
    await tend(test, 0);
    expect(await test.traces()).toEqual(noTraces);
  });

  it('gives none that was checked out with other settings, and makes it anew', async () => {
    const test = await temporaryRepository({ text: 'a\nb\n' });
    await tend(test, 1);
    await test.git('config', 'branch.main.description', 'of no concern');
    await test.git('config', 'core.autocrlf', 'true');
    expect(await handedOut(test)).toBeNull();
    await tend(test, 1);
    const taken = await handedOut(test);
    expect(await contentOf(String(taken?.path))).toMatchObject({ text: `file ${btoa('a\r\nb\r\n')}` });
  });

  it('finds every change that somebody made to a prepared file, and anything that is there besides', async () => {
    const test = await temporaryRepository({ '.gitignore': 'ignored\n', tracked: 'x' });
    for (const name of ['tracked', 'ignored', 'untracked']) {
      await tend(test, 1);
      await writeFiles((await pooled(test)).path, { [name]: 'changed' });
      const taken = await handedOut(test);
      if (taken === null) throw new Error('none was handed out');
      expect(await test.worktrees.isAsCreated(taken)).toBe(false);
      await test.worktrees.undo(test.repository, taken);
    }
    expect(await test.traces()).toEqual(noTraces);
  });

  it('looks at every file again now and then, and uses none any more that was changed', async () => {
    const test = await temporaryRepository({ tracked: 'x' });
    await tend(test, 1);
    const { path, lookedAt } = await pooled(test);
    await tend(test, 1);
    expect(await pooled(test)).toMatchObject({ lookedAt });
    await forgetLook(path);
    await tend(test, 1);
    expect((await pooled(test)).lookedAt).toBeGreaterThan(Number(lookedAt));
    await forgetLook(path);
    await writeFiles(path, { tracked: 'y' });
    await tend(test, 1);
    expect(await pooled(test)).toMatchObject({ state: 'touched' });
    expect(await handedOut(test)).toBeNull();
  });

  it('neither uses nor removes one that holds somebody’s work, is locked by somebody or has a process in it', async () => {
    const test = await temporaryRepository();
    await tend(test, 1);
    const { path, id } = await pooled(test);
    expect(await handedOut(test, {}, () => Promise.resolve(true))).toBeNull();
    await tend(test, 0, () => Promise.resolve(true));
    expect(await pooled(test)).toMatchObject({ id, state: 'ready' });
    await test.git('worktree', 'unlock', path);
    await test.git('worktree', 'lock', '--reason', 'mine', path);
    await tend(test, 0);
    expect(await pooled(test)).toMatchObject({ id, state: 'touched' });
    await test.git('worktree', 'unlock', path);
    await test.git('worktree', 'lock', '--reason', poolLockReason(id), path);
    await writeFiles(path, { work: 'x' });
    await tend(test, 0);
    await tend(test, 1);
    expect(await pooled(test)).toMatchObject({ id, state: 'touched' });
    expect(await handedOut(test)).toBeNull();
    await git(path, 'add', '.');
    await git(path, 'commit', '--quiet', '--message=work');
    await tend(test, 0);
    expect(await pooled(test)).toMatchObject({ id, state: 'touched' });
    const work = await git(path, 'rev-parse', 'HEAD');
    await git(path, 'reset', '--quiet', '--hard', 'HEAD~1');
    await tend(test, 0);
    expect(await pooled(test)).toMatchObject({ id, state: 'touched' });
    await test.git('branch', 'work', work);
    await tend(test, 0);
    expect(await test.traces()).toEqual(noTraces);
  });

  it('runs the post-checkout hook once, when it hands out, as for one that is made', async () => {
    const test = await temporaryRepository();
    const log = join(test.path, '.git', 'hook-log');
    await writeFile(join(test.path, '.git/hooks/post-checkout'), `#!/bin/sh\necho "$@" >> '${log}'\n`, { mode: 0o755 });
    await tend(test, 1);
    expect(await exists(log)).toBe(false);
    const taken = await test.request();
    const handed = await test.worktrees.handOut({ ...taken, isOccupied: unoccupied });
    expect(handed).toMatchObject({ mayHaveHook: true });
    expect(await test.worktrees.isAsCreated(taken)).toBe(true);
    await test.worktrees.afterCheckout(taken);
    const ran = await test.git('cat-file', '-t', taken.baseCommit);
    expect(ran).toBe('commit');
    expect(await git(test.path, 'hash-object', log)).toBe(
      await hashOf(test, `${'0'.repeat(40)} ${taken.baseCommit} 1\n`),
    );
  });

  it('fails as a creation does: path or branch taken, and then the prepared one is not lost half-way', async () => {
    const test = await temporaryRepository();
    await tend(test, 1);
    const request = await test.request();
    await test.git('branch', request.branch);
    await expect(handedOut(test, request)).rejects.toMatchObject({ code: 'branch_taken' });
    expect((await test.traces()).branches).toEqual([request.branch]);
    await test.git('branch', '--quiet', '-D', request.branch);
    await writeFiles(request.path, { theirs: 'x' });
    await tend(test, 1);
    await expect(handedOut(test, request)).rejects.toMatchObject({ code: 'worktree_path_taken' });
    expect(await exists(join(request.path, 'theirs'))).toBe(true);
  });

  it('leaves nothing when it cannot be filled or is called off', async () => {
    const test = await temporaryRepository({ '.gitattributes': '*.bin filter=broken\n', 'z.bin': 'x' });
    await test.git('config', 'filter.broken.smudge', 'false');
    await test.git('config', 'filter.broken.required', 'true');
    await expect(tend(test, 1)).rejects.toMatchObject({ code: 'git_failed' });
    await test.git('config', '--unset', 'filter.broken.required');
    // It goes on for as long as it has not been seen, or until the repository has gone.
    const { path, repository } = test;
    const released = join(repository.gitDirectory, 'released');
    const wait = `while [ -d '${path}' ] && [ ! -e '${released}' ]; do sleep 0.05; done; cat`;
    await test.git('config', 'filter.broken.smudge', wait);
    const controller = new AbortController();
    const tending = test.worktrees.tendPool(test.repository, {
      size: 1,
      isOccupied: unoccupied,
      endWorkers: nobody,
      signal: controller.signal,
    });
    while ((await test.worktrees.pooled(test.repository)).length === 0) await nobody();
    controller.abort(new Error('called off'));
    await writeFile(released, '');
    await expect(tending).rejects.toThrow('called off');
    await test.worktrees.settled();
    expect(await test.traces()).toEqual(noTraces);
  });

  it('gives each to one launcher, of many in several processes', async () => {
    const test = await temporaryRepository();
    await tend(test, 3);
    const ids = (await test.worktrees.pooled(test.repository)).map(({ id }) => id);
    const requests = await Promise.all(Array.from({ length: 6 }, async () => await test.request()));
    const here = requests.slice(0, 3).map(async (request) => {
      return (await test.worktrees.handOut({ ...request, isOccupied: unoccupied })) !== null;
    });
    const elsewhere = requests.slice(3).map(async (request) => {
      const { stdout } = await inProcess(test.path, '0', JSON.stringify(request));
      return stdout.startsWith('true');
    });
    const answers = await Promise.all([...here, ...elsewhere]);
    expect(answers.filter(Boolean)).toHaveLength(3);
    const listed = await test.worktrees.list(test.repository);
    expect(listed.map(({ path }) => path).sort()).toEqual(
      requests.flatMap(({ path }, index) => (answers[index] === true ? [path] : [])).sort(),
    );
    expect(ids).toHaveLength(3);
    expect(await test.worktrees.pooled(test.repository)).toEqual([]);
  });
});

describe.concurrent('whoever looks next puts right what was killed at any step', () => {
  it('of preparing and renewing', { timeout: 300_000 }, async () => {
    const test = await temporaryRepository({ 'a/b': 'x' });
    let steps = 0;
    let hadLeft = 0;
    for (let isDone = false; !isDone;) {
      steps += 1;
      isDone = (await inProcess(test.path, '1', '', String(steps))).stdout.includes('done');
      if (isDone) break;
      if (!isDeepStrictEqual(await test.traces(), noTraces)) hadLeft += 1;
      await test.worktrees.takeBackInterrupted(test.repository, nobody);
      await test.worktrees.settled();
      expect(await test.traces()).toEqual(noTraces);
    }
    expect(hadLeft).toBeGreaterThan(3);
    for (let isDone = false, next = 1; !isDone; next += 2) {
      await tend(test, 1);
      await commit(test, { [`file ${next}`]: 'x' });
      isDone = (await inProcess(test.path, '1', '', String(next))).stdout.includes('done');
      await test.worktrees.takeBackInterrupted(test.repository, nobody);
      await test.worktrees.settled();
      for (const one of await test.worktrees.pooled(test.repository)) expect(one.state).toBe('ready');
    }
    expect(await contentOf((await pooled(test)).path)).toEqual(await contentOf(test.path));
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('of handing out, in whatever order the run and the pool are seen to', { timeout: 300_000 }, async () => {
    const test = await temporaryRepository({ 'a/b': 'x' });
    let steps = 0;
    let hadLeft = 0;
    for (;;) {
      steps += 1;
      await tend(test, 1);
      const request = await test.request();
      const { stdout } = await inProcess(test.path, '0', JSON.stringify(request), String(steps));
      if (stdout.includes('true')) break;
      if ((await test.traces()).files.some((name) => name.startsWith('warden-creating-'))) hadLeft += 1;
      const seeToRun = async (): Promise<void> => await test.worktrees.undo(test.repository, request);
      const seeToPool = async (): Promise<void> => await test.worktrees.takeBackInterrupted(test.repository, nobody);
      for (const see of steps % 2 === 0 ? [seeToRun, seeToPool] : [seeToPool, seeToRun]) await see();
      await test.worktrees.settled();
      expect(await test.worktrees.list(test.repository)).toEqual([]);
      expect(await exists(request.path)).toBe(false);
      expect((await test.traces()).branches).toEqual([]);
      for (const one of await test.worktrees.pooled(test.repository)) expect(one.state).toBe('ready');
    }
    expect(hadLeft).toBeGreaterThan(6);
    expect(await test.worktrees.list(test.repository)).toHaveLength(1);
    expect((await test.traces()).files).toEqual(['worktrees']);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

async function hashOf(test: TestRepository, text: string): Promise<string> {
  await writeFile(join(test.path, '.git', 'expected'), text);
  return await test.git('hash-object', join(test.path, '.git', 'expected'));
}
