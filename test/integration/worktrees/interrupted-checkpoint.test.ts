import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { git, temporaryRepository, type TestRepository, writeFiles } from './temporary-repository.ts';

const script = join(import.meta.dirname, 'checkpoint-in-process.ts');

it(
  'a checkpoint that is killed at any of its git commands touches nothing, and the next one has all of it',
  { timeout: 300_000 },
  async () => {
    const test = await temporaryRepository();
    const made = await test.create();
    const admin = await git(made.path, 'rev-parse', '--absolute-git-dir');
    const keep = async () => await test.worktrees.checkpoint({ path: made.path, runId: made.runId, why: 'by_hand' });
    let command = 1;
    for (let isDone = false; !isDone; command += 1) {
      await writeFiles(made.path, { staged: `${command}`, 'untracked/a b': `${command}` });
      await git(made.path, 'add', 'staged');
      await writeFiles(made.path, { staged: `${command}, changed` });
      const before = { index: await readFile(join(admin, 'index')), head: await git(made.path, 'rev-parse', 'HEAD') };
      const when = command % 2 === 0 ? 'before' : 'after';
      const ended = await execa(process.execPath, [script, made.path, made.runId, `${command}`, when], {
        reject: false,
      });
      isDone = ended.signal === undefined;
      if (isDone && ended.exitCode !== 0) throw new Error(ended.stderr);
      expect({ index: await readFile(join(admin, 'index')), head: await git(made.path, 'rev-parse', 'HEAD') }).toEqual(
        before,
      );
      const kept = (await keep()) ?? (await test.worktrees.checkpointsOf(test.repository, made.runId)).at(-1)?.ref;
      expect(await test.git('show', `${kept}:staged`)).toBe(`${command}, changed`);
      expect(await test.git('show', `${kept}^2:staged`)).toBe(`${command}`);
      expect(await test.git('show', `${kept}:untracked/a b`)).toBe(`${command}`);
      expect(await leftovers(test), `left after command ${command}`).toEqual([]);
    }
    expect(command).toBeGreaterThan(5);
    await test.remove(made);
    expect(await leftovers(test)).toEqual([]);
    expect(await test.git('fsck', '--strict', '--no-dangling')).toBe('');
  },
);

it.each([
  ['has nothing in it', null],
  ['tells half of its holder', '{"token":"'],
])('a copy of an index that %s goes once nobody can be at writing it', async (_, holder) => {
  const test = await temporaryRepository();
  const made = await test.create();
  const folder = join(await git(made.path, 'rev-parse', '--absolute-git-dir'), 'warden-index-1');
  await mkdir(folder);
  if (holder !== null) await writeFile(join(folder, 'holder'), holder);
  const takeBack = async () => await test.worktrees.takeBackInterrupted(test.repository, () => Promise.resolve());
  await takeBack();
  expect(await leftovers(test), 'its maker may be about to write').not.toEqual([]);
  const old = Date.now() / 1000 - 3600;
  await utimes(folder, old, old);
  await takeBack();
  expect(await leftovers(test)).toEqual([]);
});

async function leftovers({ repository }: TestRepository): Promise<string[]> {
  const names = await readdir(repository.gitDirectory, { recursive: true });
  return names.filter((name) => name.endsWith('.lock') || name.includes('warden-index-'));
}
