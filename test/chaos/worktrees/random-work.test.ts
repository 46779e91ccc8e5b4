import { hash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  contentOf,
  exists,
  git,
  temporaryFolder,
  temporaryRepository,
  writeFiles,
} from '../../integration/worktrees/temporary-repository.ts';
import { namesInReflog } from '../../../src/worktrees/reflog.ts';
import { isLong, randomFor, rounds, seed } from '../stage/form.ts';
import { doAtRandom, type Place } from './random-work.ts';

const cases = isLong ? 150 * rounds : 12;

/** How many are under way at once. */
const width = 2;

const tracked = ['a', 'b/c', 'two words', '库/ü', 'program'];

/** Of the flags that git keeps with an entry of its index. */
const intentToAdd = 1 << 29;

/** Files that git does not ignore, the index, and what git says of both; what is in repositories inside is theirs. */
async function seen(worktree: string): Promise<object> {
  const list = async (...parameters: string[]): Promise<string[]> =>
    (await git(worktree, '--no-optional-locks', ...parameters, '-z')).split('\0').filter((name) => name !== '');
  const ignored = new Set(await list('ls-files', '--others', '--ignored', '--exclude-standard'));
  const content = await contentOf(worktree);
  const nested = Object.keys(content).flatMap((name) => (name.endsWith('/.git/HEAD') ? [name.slice(0, -9)] : []));
  for (const name of Object.keys(content)) {
    const isIgnored = ignored.has(Buffer.from(name, 'latin1').toString('utf8'));
    if (isIgnored || nested.some((folder) => name.startsWith(folder))) delete content[name];
  }
  const committed = await list('ls-tree', '-r', 'HEAD').catch((): string[] => []);
  for (const line of committed) {
    const [, object = '', name = ''] = /^\d+ blob ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
    const key = Buffer.from(name).toString('latin1');
    const [kind, bytes] = (content[key] ?? '').split(' ');
    if (kind !== 'link' && bytes !== undefined && isCommitted(bytes, object)) content[key] = `${kind} as committed`;
  }
  const flags = await git(worktree, 'ls-files', '--debug', '-z');
  const intended = [...flags.matchAll(/([^\0]*)\0 {2}ctime:(?:[^\n]*\n){4}[^\n]*flags: (\w+)\n?/g)].flatMap(
    ([, name = '', flag = '']) => ((Number.parseInt(flag, 16) & intentToAdd) === 0 ? [] : [name]),
  );
  // Git has no word for the mode of such a one.
  const index = (await list('ls-files', '--stage')).filter(
    (line) => !intended.includes(line.slice(line.indexOf('\t') + 1)),
  );
  const head = await git(worktree, 'rev-parse', '--verify', '--quiet', 'HEAD').catch(() => 'none');
  // A name that is only to be added and has no file any more is nothing.
  const present = intended.filter((name) => Buffer.from(name).toString('latin1') in content);
  return { content, index, intended: present, head };
}

/** What is committed is git's, which gives it back with the line endings that it checks out. */
function isCommitted(base64: string, object: string): boolean {
  const kept = Buffer.from(Buffer.from(base64, 'base64').toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return hash('sha1', Buffer.concat([Buffer.from(`blob ${kept.length}\0`), kept])) === object;
}

async function keepRemoveRestore(name: string): Promise<void> {
  const random = randomFor(name);
  const outside = await temporaryFolder();
  await writeFiles(outside, { precious: 'x', 'folder/precious': 'y' });
  const remote = path.join(await temporaryFolder(), 'remote');
  await mkdir(remote);
  await git(remote, 'init', '--quiet');
  await writeFiles(remote, { theirs: 'x' });
  await git(remote, 'add', '.');
  await git(remote, 'commit', '--quiet', '--message=theirs');
  const repository = await temporaryRepository({
    '.gitignore': 'ignored/\n*.tmp\n',
    ...Object.fromEntries(tracked.map((file) => [file, `${file}\n`])),
  });
  const made = await repository.create();
  const place: Place = { random, worktree: made.path, outside, remote, tracked };
  const done = await doAtRandom(place);
  const around = async () => ({
    outside: await contentOf(outside),
    remote: await contentOf(remote),
    main: await contentOf(repository.path),
    status: await repository.git('status', '--porcelain'),
  });
  const context = `${name}, seed ${seed}: ${done.join(', ')}`;
  const [before, aroundBefore] = [await seen(made.path), await around()];
  const reflog = await namesInReflog(await git(made.path, 'rev-parse', '--absolute-git-dir'));
  const kept = await repository.worktrees.checkpoint({ ...made, why: 'kill' });
  expect(await seen(made.path), context).toEqual(before);
  const removed = await repository.remove(made);
  expect(await exists(made.path), context).toBe(false);
  // What only its reflog names is kept when that goes.
  if (kept !== null) expect(removed.checkpoint, context).toBe(kept);
  expect(await repository.git('rev-list', ...reflog, '--not', '--all'), context).toBe('');
  const { head } = before as { head: string };
  if (kept === null && head !== 'none') {
    expect(await repository.git('cat-file', '-t', head), context).toBe('commit');
  } else if (kept !== null) {
    const { runId, path: folder, branch } = made;
    const names = { path: folder, branch };
    const signal = new AbortController().signal;
    const endWorkers = () => Promise.resolve();
    const request = {
      repository: repository.repository,
      runId,
      names,
      number: null,
      at: Date.now(),
      endWorkers,
      signal,
    };
    const restored = await repository.worktrees.restore(request);
    expect(await seen(restored.path), context).toEqual(before);
  }
  expect(await around(), context).toEqual(aroundBefore);
  expect(await repository.git('fsck', '--strict', '--no-dangling'), context).toBe('');
}

describe(`random work, seed ${seed}`, () => {
  test(`of ${cases} worktrees comes back byte for byte after it was removed`, { timeout: 3_600_000 }, async () => {
    const names = Array.from({ length: cases }, (_, number) => `worktree ${number}`);
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        await keepRemoveRestore(name).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: width }, work));
    expect(failures).toEqual([]);
  });
});
