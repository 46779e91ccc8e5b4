import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import {
  exists,
  git,
  type Made,
  noTraces,
  temporaryRepository,
  type TestRepository,
  writeFiles,
} from './temporary-repository.ts';

const script = join(import.meta.dirname, 'remove-in-process.ts');

async function withWork(test: TestRepository): Promise<Made> {
  const made = await test.create();
  await writeFiles(made.path, { staged: made.runId, 'untracked/a b': made.runId });
  await git(made.path, 'add', 'staged');
  return made;
}

/** Once somebody looks and removes what is left, everything has gone but the work. */
async function expectPutRight(test: TestRepository, made: Made): Promise<void> {
  await test.worktrees.takeBackInterrupted(test.repository, () => Promise.resolve());
  const [left] = await test.worktrees.list(test.repository);
  if (left !== undefined) await test.worktrees.remove(test.repository, left);
  // What was interrupted later than that is finished with the next removal.
  else await test.remove(await test.create());
  await test.worktrees.settled();
  expect(await test.traces()).toEqual(noTraces);
  const last = (await test.worktrees.checkpointsOf(test.repository, made.runId)).at(-1);
  expect(await test.git('show', `${last?.ref}:staged`)).toBe(made.runId);
  expect(await test.git('show', `${last?.ref}:untracked/a b`)).toBe(made.runId);
}

describe.concurrent('a removal that is killed', () => {
  it('at any of its git commands is put right by the next, and nothing is lost', { timeout: 300_000 }, async () => {
    const test = await temporaryRepository();
    let command = 1;
    for (let isDone = false; !isDone; command += 1) {
      const made = await withWork(test);
      const facts = JSON.stringify(await test.factsOf(made));
      const when = command % 2 === 0 ? 'before' : 'after';
      const ended = await execa(process.execPath, [script, test.path, facts, `${command}`, when], { reject: false });
      isDone = ended.signal === undefined;
      if (isDone && ended.exitCode !== 0) throw new Error(ended.stderr);
      await expectPutRight(test, made);
    }
    expect(command).toBeGreaterThan(10);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('when its folder is in the trash and git still knows it is put right by the next', async () => {
    const test = await temporaryRepository();
    const made = await withWork(test);
    await test.worktrees.checkpoint({ ...made, why: 'removal' });
    const trash = join(test.worktreesFolder, '.trash');
    await mkdir(trash);
    await rename(made.path, join(trash, 'builder-x-0123456789abcdef.removed'));
    expect(await test.worktrees.list(test.repository)).toMatchObject([{ exists: false, runId: made.runId }]);
    await expectPutRight(test, made);
    expect(await exists(trash)).toBe(false);
  });
});
