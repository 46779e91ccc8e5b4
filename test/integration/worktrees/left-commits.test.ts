import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, noTraces, temporaryRepository } from './temporary-repository.ts';

async function commit(path: string, message: string, ...more: string[]): Promise<string> {
  await git(path, 'commit', '--quiet', '--allow-empty', `--message=${message}`, ...more);
  return await git(path, 'rev-parse', 'HEAD');
}

describe.concurrent('commits that only git’s folder for a worktree names', () => {
  it.each([
    ['made on no branch', async (path: string) => await git(path, 'switch', '--quiet', '--detach')],
    ['made on a branch that is gone', async (path: string) => await git(path, 'switch', '--quiet', '-c', 'gone')],
    ['taken back', async () => await Promise.resolve()],
  ])('are in a checkpoint when it goes: %s, and then left', async (_, before) => {
    const test = await temporaryRepository();
    const made = await test.create();
    await before(made.path);
    const first = await commit(made.path, 'first');
    const second = await commit(made.path, 'second');
    const amended = await commit(made.path, 'second, amended', '--amend');
    await git(made.path, 'reset', '--quiet', '--hard', made.baseCommit);
    await git(made.path, 'switch', '--quiet', made.branch);
    await git(made.path, 'branch', '--quiet', '-D', 'gone').catch(() => undefined);
    const { checkpoint } = await test.remove(made);
    expect(await test.traces()).toEqual(noTraces);
    await test.git('-c', 'gc.reflogExpire=now', 'gc', '--quiet', '--prune=now');
    const log = await test.git('log', '--format=%H', String(checkpoint));
    expect(log.split('\n')).toEqual(expect.arrayContaining([first, second, amended]));
    const message = await test.git('log', '-1', '--format=%B', String(checkpoint));
    expect(message).toContain(`${[second, amended].sort().join('\n  ')}\n`);
    expect(message).not.toContain(first);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('are those of its own refs too, and also once its folder has gone', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const own = await git(made.path, 'commit-tree', 'HEAD^{tree}', '-m', 'own');
    await git(made.path, 'update-ref', 'refs/worktree/own', own);
    const left = await commit(made.path, 'left');
    await git(made.path, 'reset', '--quiet', '--hard', made.baseCommit);
    await rm(made.path, { recursive: true });
    const { checkpoint } = await test.remove(made);
    const log = await test.git('log', '--format=%H', String(checkpoint));
    expect(log.split('\n')).toEqual(expect.arrayContaining([own, left]));
  });

  it('are kept beside what is there and lines of the reflog that lead nowhere, and give back the same files', async () => {
    const test = await temporaryRepository({ file: 'x' });
    const made = await test.create();
    const left = await commit(made.path, 'left');
    await git(made.path, 'reset', '--quiet', '--hard', made.baseCommit);
    const reflog = join(await git(made.path, 'rev-parse', '--absolute-git-dir'), 'logs/HEAD');
    const gone = `${'1'.repeat(40)} ${'2'.repeat(40)} Test <test@localhost> 1700000000 +0000\tgone\n`;
    await writeFile(reflog, `not a line\n${await readFile(reflog, 'utf8')}${gone}`);
    await writeFile(join(made.path, 'file'), 'changed');
    const { checkpoint } = await test.remove(made);
    expect(await test.git('show', `${checkpoint}:file`)).toBe('changed');
    expect(await test.git('log', '--format=%H', String(checkpoint))).toContain(left);
  });

  it('need no checkpoint where a branch, a tag or a remote’s branch holds them', async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    await git(made.path, 'tag', 'kept', await commit(made.path, 'tagged'));
    await git(made.path, 'update-ref', 'refs/remotes/origin/pushed', await commit(made.path, 'pushed', '--amend'));
    await git(made.path, 'reset', '--quiet', '--hard', made.baseCommit);
    expect(await test.remove(made)).toMatchObject({ checkpoint: null, branchDeleted: true });
  });
});
