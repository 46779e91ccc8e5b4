import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const allowed = ['-c', 'protocol.file.allow=always'];

async function commit(path: string): Promise<string> {
  await git(path, 'commit', '--quiet', '--allow-empty', '--message=work');
  return await git(path, 'rev-parse', 'HEAD');
}

async function withSubmodule() {
  const library = await temporaryRepository({ 'lib.txt': 'library' });
  const test = await temporaryRepository();
  await test.git(...allowed, 'submodule', '--quiet', 'add', library.path, 'lib/rary');
  await test.git('commit', '--quiet', '--message=submodule');
  const made = await test.create();
  await git(made.path, ...allowed, 'submodule', '--quiet', 'update', '--init');
  return { test, made, submodule: join(made.path, 'lib/rary') };
}

async function expectKept(test: TestRepository, made: Made, named: string): Promise<void> {
  expect(await test.worktrees.refusalOf(test.repository, await test.factsOf(made))).toContain(named);
  await expect(test.remove(made)).rejects.toMatchObject({
    code: 'git_failed',
    facts: { detail: expect.stringContaining(named) },
  });
  expect(await exists(join(test.repository.gitDirectory, 'worktrees'))).toBe(true);
}

describe.concurrent('a worktree stays while a submodule of it has', () => {
  it('a commit that its next update left', async () => {
    const { test, made, submodule } = await withSubmodule();
    const work = await commit(submodule);
    await git(made.path, ...allowed, 'submodule', '--quiet', 'update');
    await expectKept(test, made, 'lib/rary is a repository of its own');
    expect(await git(submodule, 'cat-file', '-t', work)).toBe('commit');
  });

  it('a stash', async () => {
    const { test, made, submodule } = await withSubmodule();
    await writeFile(join(submodule, 'lib.txt'), 'work');
    await git(submodule, 'stash');
    await expectKept(test, made, 'lib/rary is a repository of its own');
  });

  it('commits, though it is not checked out any more', async () => {
    const { test, made, submodule } = await withSubmodule();
    await commit(submodule);
    await git(made.path, 'submodule', '--quiet', 'deinit', '--force', 'lib/rary');
    await expectKept(test, made, 'modules/lib/rary is a repository of its own');
  });

  it('commits or staged files, though the worktree’s folder is gone', async () => {
    const [committed, staged] = [await withSubmodule(), await withSubmodule()];
    await commit(committed.submodule);
    await writeFile(join(staged.submodule, 'lib.txt'), 'work');
    await git(staged.submodule, 'add', '.');
    for (const { test, made } of [committed, staged]) {
      await rm(made.path, { recursive: true });
      await expectKept(test, made, 'modules/lib/rary is a repository of its own');
    }
  });
});

it('a worktree with submodules whose folder is gone is forgotten where nothing of them would be missed', async () => {
  const { test, made } = await withSubmodule();
  await rm(made.path, { recursive: true });
  await test.remove(made);
  expect(await test.traces()).toEqual(noTraces);
});

it('a repository inside without a commit keeps a worktree, and a dry run says so', async () => {
  const test = await temporaryRepository();
  const made = await test.create();
  await git(made.path, 'init', '--quiet', 'inside');
  await expectKept(test, made, 'inside is a repository of its own');
  await rm(join(made.path, 'inside'), { recursive: true });
  await test.remove(made);
});

describe.concurrent('in a folder that git ignores', () => {
  async function withIgnored() {
    const test = await temporaryRepository({ '.gitignore': 'ignored/\n' });
    const made = await test.create();
    return { test, made, inside: join(made.path, 'ignored/deep/inside') };
  }

  it('a repository with work that is nowhere else keeps the worktree, and no longer once that is pushed', async () => {
    const { test, made, inside } = await withIgnored();
    const origin = await temporaryRepository();
    await git(made.path, 'clone', '--quiet', origin.path, inside);
    await git(inside, 'switch', '--quiet', '--create', 'work');
    await commit(inside);
    await expectKept(test, made, 'ignored/deep/inside is a repository of its own');
    await git(inside, 'push', '--quiet', 'origin', 'work');
    await writeFile(join(inside, 'README.md'), 'changed');
    await expectKept(test, made, 'ignored/deep/inside is a repository of its own');
    await git(inside, 'checkout', '--quiet', '.');
    expect(await test.worktrees.refusalOf(test.repository, await test.factsOf(made))).toBe(null);
    expect(await test.remove(made)).toMatchObject({ checkpoint: null });
    expect(await test.traces()).toEqual(noTraces);
  });

  it.each(['empty', 'missing'])(
    'a repository that is broken keeps it, though all around is pushed: HEAD %s',
    async (state) => {
      const { test, made, inside } = await withIgnored();
      const origin = await temporaryRepository();
      await test.git('remote', 'add', 'origin', origin.path);
      await test.git('push', '--quiet', 'origin', 'main:pushed');
      await git(made.path, 'init', '--quiet', inside);
      await commit(inside);
      const head = join(inside, '.git/HEAD');
      await (state === 'empty' ? writeFile(head, '') : rm(head));
      await expectKept(test, made, 'ignored/deep/inside is a repository of its own');
    },
  );

  it('a repository inside another one counts too', async () => {
    const { test, made, inside } = await withIgnored();
    const origin = await temporaryRepository({ '.gitignore': '/deeper\n' });
    await git(made.path, 'clone', '--quiet', origin.path, inside);
    await git(inside, 'init', '--quiet', 'deeper');
    await commit(join(inside, 'deeper'));
    await expectKept(test, made, 'ignored/deep/inside/deeper is a repository of its own');
  });

  it('another worktree keeps it, whatever is in that', async () => {
    const { test, made, inside } = await withIgnored();
    await test.git('worktree', 'add', '--quiet', '-b', 'foreign', inside);
    await expectKept(test, made, 'ignored/deep/inside is another worktree');
    await test.git('worktree', 'remove', inside);
    await test.remove(made);
  });

  it('a folder of that name that is no repository, of which git keeps nothing', async () => {
    const { test, made } = await withIgnored();
    await writeFiles(made.path, { 'fixture/.git/config': 'work' });
    await expectKept(test, made, 'fixture/.git is no repository');
    await rm(join(made.path, 'fixture'), { recursive: true });
    await test.remove(made);
  });

  it('what was only fetched, and folders that only look like a repository, keep nothing', async () => {
    const { test, made, inside } = await withIgnored();
    const origin = await temporaryRepository();
    await commit(origin.path);
    await origin.git('tag', 'v1');
    const shallow = ['--quiet', '--depth=1', '--branch=v1', '-c', 'advice.detachedHead=false'];
    await git(made.path, 'clone', ...shallow, `file://${origin.path}`, inside);
    await writeFiles(made.path, { 'ignored/fixture/.git/config': 'x', 'ignored/fixture/work': 'x' });
    expect(await test.remove(made)).toMatchObject({ checkpoint: null });
    expect(await test.traces()).toEqual(noTraces);
  });
});
