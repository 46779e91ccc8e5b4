import { lstat, opendir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OpenDirOptions } from 'node:fs';
import { askGit, git, gitText, partsBeginningWith } from './git.ts';
import { mayHideFiles } from './hidden-files.ts';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { namesInReflog } from './reflog.ts';
import { statusOf } from './status.ts';
import { unlessMissing } from './system-failure.ts';

const operation = 'look at nested repository';

type Environment = Readonly<Record<string, string>>;

/** What is in a worktree, or in git's folder for it, and would go with it though no checkpoint keeps what is in it. */
export interface Unkept {
  /** Relative to the worktree; absolute where only its git folder is left, as of a submodule that is not checked out. */
  readonly path: string;
  readonly kind: UnkeptKind;
}

/**
 * What of a repository is nowhere else, or that it is a worktree: of this or another repository, and not ours; or a `.git`
 * that is none, of which git keeps nothing.
 */
export type UnkeptKind = 'files' | 'commits' | 'worktree' | 'no_repository';

export interface NestedLook {
  /** Null when the folder has gone. */
  readonly worktreePath: string | null;
  readonly adminDirectory: string;
  /** What was found in the worktree; null when it was not looked for. */
  readonly tree: string | null;
  /** See foldersWithGit, where all of it is about to go; else null. */
  readonly below: readonly string[] | null;
  /** Of whatever git starts, besides what it has anyway. */
  readonly environment?: Environment | undefined;
}

/**
 * Submodules, and other repositories inside, with work that is nowhere else: the tree of a commit only names the commit
 * of such a folder, and of what git ignores not even that.
 * @throws WardenError git_failed, and what the operating system refused
 */
export async function unkeptRepositories(look: NestedLook): Promise<Unkept[]> {
  const { worktreePath, adminDirectory, environment = {} } = look;
  const unkept: Unkept[] = [];
  const gitDirectories = new Set<string>();
  const inWorktree = worktreePath === null ? [] : [...(await namedIn(worktreePath, look)), ...(look.below ?? [])];
  for (const name of new Set(inWorktree)) {
    const folder = rawJoin(Buffer.from(worktreePath ?? ''), Buffer.from(name, 'latin1'));
    const path = Buffer.from(name, 'latin1').toString('utf8');
    if (!(await isRepository(folder))) {
      if (await isMissed(folder, name, look)) unkept.push({ path: `${path}/.git`, kind: 'no_repository' });
      continue;
    }
    const gitDirectory = await gitDirectoryAt(folder);
    if (gitDirectory !== null) gitDirectories.add(gitDirectory);
    const isLinked = gitDirectory !== null && (await isThere(join(gitDirectory, 'commondir')));
    const own = async () => await ownIn(folder.toString('utf8'), environment);
    const kind = look.below !== null && isLinked ? 'worktree' : await own();
    if (kind !== null) unkept.push({ path, kind });
  }
  for (const path of await modulesIn(join(adminDirectory, 'modules'))) {
    const kind = gitDirectories.has(path) ? null : await ownInModule(path, environment);
    if (kind !== null) unkept.push({ path, kind });
  }
  return unkept;
}

/** Those that the tree names, where they are filled. */
async function namedIn(worktreePath: string, { tree, environment = {} }: NestedLook): Promise<string[]> {
  if (tree === null) return [];
  const listed = await git({
    directory: worktreePath,
    arguments: ['ls-tree', '-r', '-z', tree],
    operation: 'keep work',
    environment,
  });
  const found: string[] = [];
  for (const line of partsBeginningWith('160000 commit ', listed)) {
    const name = line.slice(line.indexOf('\t') + 1);
    const folder = rawJoin(Buffer.from(worktreePath), Buffer.from(name, 'latin1'));
    if ((await unlessMissing(lstat(rawJoin(folder, dotGit)))) !== null) found.push(name);
  }
  return found;
}

const dotGit = Buffer.from('.git');

/**
 * Folders with a `.git`, in ignored ones too: repositories, and what only looks like one. Links are not followed.
 * @returns relative to the worktree, a byte per character
 */
export async function foldersWithGit(worktreePath: string): Promise<string[]> {
  const top = Buffer.from(worktreePath);
  const found: string[] = [];
  let names: string[] = [''];
  while (names.length > 0) {
    const next: string[] = [];
    await inBatches(names, 16, async (name) => {
      const folder = name === '' ? top : rawJoin(top, Buffer.from(name, 'latin1'));
      let hasGit = false;
      for (const entry of (await unlessMissing(foldersAndGit(folder))) ?? []) {
        if (entry === '.git') hasGit = true;
        else next.push(name === '' ? entry : `${name}/${entry}`);
      }
      if (hasGit && name !== '') found.push(name);
    });
    names = next;
  }
  return found;
}

/** Names of the folders in a folder, and `.git` whatever that is. A few at a time: a folder may have a hundred thousand. */
async function foldersAndGit(folder: Buffer): Promise<string[]> {
  const names: string[] = [];
  // The types know names as text only.
  const options = { encoding: 'buffer', bufferSize: 64 } as unknown as OpenDirOptions;
  for await (const entry of await opendir(folder, options)) {
    const name = (entry.name as unknown as Buffer).toString('latin1');
    if (name === '.git' || entry.isDirectory()) names.push(name);
  }
  return names;
}

/**
 * A folder of that name with nothing of what git needs is no repository; one that lacks some of it is a broken one, and may
 * hold commits still. A file names one, there or not.
 */
async function isRepository(folder: Buffer): Promise<boolean> {
  const dot = rawJoin(folder, dotGit);
  const facts = await unlessMissing(stat(dot));
  if (facts?.isDirectory() !== true) return facts !== null;
  const needed = ['HEAD', 'objects', 'refs'].map(
    async (name) => await unlessMissing(lstat(rawJoin(dot, Buffer.from(name)))),
  );
  return (await Promise.all(needed)).some((one) => one !== null);
}

/** Something is in a `.git` that is no repository, and git does not ignore it: it looks into none of that name. */
async function isMissed(
  folder: Buffer,
  name: string,
  { worktreePath, environment = {} }: NestedLook,
): Promise<boolean> {
  const inside = await unlessMissing(readdir(rawJoin(folder, dotGit)));
  if (worktreePath === null || inside === null || inside.length === 0) return false;
  const answer = await askGit({
    directory: worktreePath,
    arguments: ['check-ignore', '--quiet', '--stdin', '-z'],
    input: Buffer.from(`${name}/.git\0`, 'latin1'),
    operation,
    environment,
  });
  return answer.exitCode !== 0;
}

/** As its `.git` says; null where that says nothing. */
async function gitDirectoryAt(folder: Buffer): Promise<string | null> {
  const dot = rawJoin(folder, dotGit);
  const facts = await unlessMissing(stat(dot));
  if (facts === null) return null;
  if (facts.isDirectory()) return dot.toString('utf8');
  const [, named] = /^gitdir: (.*?)\r?\n?$/s.exec(await readFile(dot, 'utf8')) ?? [];
  return named === undefined ? null : resolve(folder.toString('utf8'), named);
}

/** Git folders of submodules, and of theirs, in the folder that git keeps them in. */
async function modulesIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of (await unlessMissing(readdir(directory, { withFileTypes: true }))) ?? []) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    const isModule = (await isThere(join(path, 'HEAD'))) && (await isThere(join(path, 'objects')));
    // A submodule may have a slash in its name.
    found.push(...(isModule ? [path, ...(await modulesIn(join(path, 'modules')))] : await modulesIn(path)));
  }
  return found;
}

async function isThere(path: string): Promise<boolean> {
  return (await unlessMissing(lstat(path))) !== null;
}

/** What of it is not committed, or no remote of it has. One without a commit is nowhere else. */
async function ownIn(path: string, inherited: Environment): Promise<UnkeptKind | null> {
  // Where it is broken, git is not to take the worktree around it for it.
  const environment = { ...inherited, GIT_CEILING_DIRECTORIES: dirname(path) };
  const status = await statusOf(path, environment);
  if (status === null || status.head === null || status.dirtyFiles > 0) return 'files';
  const gitDirectory = await gitDirectoryOf(path, environment);
  if (await mayHideFiles(gitDirectory)) return 'files';
  return (await areCommitsElsewhere(path, gitDirectory, environment)) ? null : 'commits';
}

/** The same of one without its files. */
async function ownInModule(gitDirectory: string, environment: Environment): Promise<UnkeptKind | null> {
  // The folder that it is set to may not be there any more.
  const inModule = { ...environment, GIT_DIR: gitDirectory, GIT_WORK_TREE: gitDirectory };
  const staged = await askGit({
    directory: gitDirectory,
    arguments: ['diff-index', '--cached', '--quiet', '--ignore-submodules=all', 'HEAD', '--'],
    operation,
    environment: inModule,
  });
  if (staged.exitCode !== 0) return 'files';
  return (await areCommitsElsewhere(gitDirectory, gitDirectory, inModule)) ? null : 'commits';
}

/**
 * Its branches, its stashes, HEAD and what that has left, as a submodule's does at each update. Tags mostly came with the
 * clone, and so did the commits at which a shallow one ends.
 */
async function areCommitsElsewhere(path: string, gitDirectory: string, environment: Environment): Promise<boolean> {
  const shallow = (await unlessMissing(readFile(join(gitDirectory, 'shallow'), 'latin1'))) ?? '';
  const left = await namesInReflog(gitDirectory);
  const named = [...left, ...shallow.split('\n').flatMap((commit) => (commit === '' ? [] : [`^${commit}`]))];
  const answer = await askGit({
    directory: path,
    arguments: [
      'rev-list',
      '--max-count=1',
      '--ignore-missing',
      ...all,
      ...(named.length > 0 ? ['--stdin'] : []),
      ...not,
    ],
    operation,
    environment,
    ...(named.length > 0 ? { input: Buffer.from(`${named.join('\n')}\n`) } : {}),
  });
  return answer.exitCode === 0 && answer.output.length === 0;
}

const all = ['--exclude=refs/tags/*', '--all'];
const not = ['--not', '--remotes'];

async function gitDirectoryOf(path: string, environment: Environment): Promise<string> {
  return await gitText({ directory: path, arguments: ['rev-parse', '--absolute-git-dir'], operation, environment });
}
