import { describe, expect, it } from 'vitest';
import { git, type Made, temporaryRepository, type TestRepository, writeFiles } from './temporary-repository.ts';

const lines = (...changed: string[]): string => [...changed, ...'abcdefghij'.split('')].join('\n') + '\n';

async function commit(path: string, files: Record<string, string>, message: string): Promise<string> {
  await writeFiles(path, files);
  await git(path, 'add', '--all');
  await git(path, 'commit', '--quiet', `--message=${message}`);
  return await git(path, 'rev-parse', 'HEAD');
}

/** A run that has committed twice, while the main branch went on. */
async function worked(): Promise<{ test: TestRepository; made: Made; first: string; tip: string }> {
  const test = await temporaryRepository({ file: lines(), other: 'x' });
  const made = await test.create();
  const first = await commit(made.path, { file: lines('one') }, 'one');
  const tip = await commit(made.path, { file: lines('one', 'two'), new: 'x' }, 'two');
  await commit(test.path, { other: 'changed' }, 'theirs');
  return { test, made, first, tip };
}

const squash = async (test: TestRepository, { branch }: Made): Promise<void> => {
  await test.git('merge', '--quiet', '--squash', branch);
  await test.git('commit', '--quiet', '--message=squashed');
};

describe.concurrent('a branch whose work is on the main branch', () => {
  it.each<readonly [string, (test: TestRepository, made: Made, first: string, tip: string) => Promise<unknown>]>([
    ['squashed', squash],
    ['rebased', (test, _, first, tip) => test.git('cherry-pick', first, tip)],
    [
      'with the very same files',
      async (test, _, _first, tip) => {
        await test.git('read-tree', '-u', '--reset', tip);
        await test.git('commit', '--quiet', '--message=as it is there');
      },
    ],
    [
      'squashed, after which others went on',
      async (test, made) => {
        await squash(test, made);
        await commit(test.path, { file: lines('something else'), new: 'y' }, 'later');
      },
    ],
  ])('%s goes, and its commits stay in a checkpoint', async (_, merge) => {
    const { test, made, first, tip } = await worked();
    expect(await test.factsOf(made)).toMatchObject({ unpushed: 2, merged: false });
    await merge(test, made, first, tip);
    expect(await test.factsOf(made)).toMatchObject({ unpushed: 0, merged: true });
    const removed = await test.remove(made);
    expect(removed).toMatchObject({ branchDeleted: true, branchKept: null, checkpoint: expect.any(String) });
    await test.git('-c', 'gc.reflogExpire=now', 'gc', '--quiet', '--prune=now');
    expect(await test.git('rev-parse', `${String(removed.checkpoint)}^1`)).toBe(tip);
    expect(await test.git('fsck', '--strict')).toBe('');
  });

  it('as it is goes without a checkpoint', async () => {
    const { test, made } = await worked();
    await test.git('merge', '--quiet', '--no-edit', made.branch);
    expect(await test.factsOf(made)).toMatchObject({ unpushed: 0, merged: true });
    expect(await test.remove(made)).toMatchObject({ branchDeleted: true, checkpoint: null });
  });
});

describe.concurrent('a branch stays, and that is told, where the main branch', () => {
  it.each<readonly [string, (test: TestRepository, made: Made, first: string) => Promise<unknown>]>([
    ['has but a part of it', (test, _, first) => test.git('cherry-pick', first)],
    [
      'has it changed',
      async (test, made) => {
        await test.git('merge', '--quiet', '--squash', made.branch);
        await commit(test.path, { new: 'not as it was' }, 'squashed');
      },
    ],
    ['has nothing of it', () => Promise.resolve()],
  ])('%s', async (_, merge) => {
    const { test, made, first } = await worked();
    await merge(test, made, first);
    expect(await test.factsOf(made)).toMatchObject({ unpushed: 2, merged: false });
    const removed = await test.remove(made);
    expect(removed).toMatchObject({ branchDeleted: false, branchKept: made.branch, checkpoint: null });
  });

  it('has nothing of what was changed and changed back', async () => {
    const { test, made } = await worked();
    await commit(made.path, { file: lines(), new: '' }, 'back');
    await git(made.path, 'rm', '--quiet', 'new');
    await git(made.path, 'commit', '--quiet', '--message=all of it');
    expect(await test.factsOf(made)).toMatchObject({ unpushed: 4, merged: false });
    expect(await test.remove(made)).toMatchObject({ branchDeleted: false, branchKept: made.branch });
  });
});

it('a branch that moved on from what is checked out stays', async () => {
  const { test, made, first } = await worked();
  await squash(test, made);
  await git(made.path, 'switch', '--quiet', '--detach', first);
  expect(await test.factsOf(made)).toMatchObject({ merged: false });
  await test.remove(made);
  expect((await test.traces()).branches).toEqual([made.branch]);
});
