import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import type { Included, IncludeFiles, Repository, Worktrees } from '../../../src/core/ports/worktrees.ts';
import type { WorktreeFacts } from '../../../src/core/removal.ts';
import { type RunId, runIdFrom } from '../../../src/core/run-id.ts';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';

// The machine's own settings must not decide what passes, and nobody's name is configured.
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
process.env['GIT_CONFIG_NOSYSTEM'] = '1';

const execute = promisify(execFile);

const folders: string[] = [];
const made: Worktrees[] = [];

afterAll(async () => {
  await Promise.all(made.map(async (worktrees) => await worktrees.settled()));
  await Promise.all(folders.map(async (folder) => await rm(folder, { recursive: true, force: true })));
});

/** Plain git, for what surrounds the thing under test. */
export async function git(directory: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];
  const { stdout } = await execute('git', [...identity, ...args], { cwd: directory, maxBuffer: 1 << 28 });
  return stdout.trimEnd();
}

/** An empty folder that goes when the tests of the file are over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'warden-worktrees-')));
  folders.push(folder);
  return folder;
}

export async function writeFiles(directory: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
}

export async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Skips a test that cannot be run here, and says so where nobody can miss it. */
export function notTestedHere(test: { skip(note: string): never }, why: string): never {
  console.warn(`NOT TESTED: ${why}`);
  return test.skip(`NOT TESTED: ${why}`);
}

/** Everything below a folder, `.git` at its top not: kind, permission to execute and content of each by name. */
export async function contentOf(directory: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  const walk = async (folder: Buffer, prefix: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const name = prefix + entry.name.toString('latin1');
      if (name === '.git') continue;
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) await walk(path, `${name}/`);
      else if (entry.isSymbolicLink()) content[name] = `link ${(await readlink(path, 'buffer')).toString('latin1')}`;
      else {
        const kind = ((await lstat(path)).mode & 0o100) === 0 ? 'file' : 'program';
        content[name] = `${kind} ${(await readFile(path)).toString('base64')}`;
      }
    }
  };
  await walk(Buffer.from(directory), '');
  return content;
}

export interface Made {
  readonly runId: RunId;
  readonly path: string;
  readonly branch: string;
  readonly baseCommit: string;
}

export interface TestRepository {
  readonly worktrees: Worktrees;
  readonly repository: Repository;
  /** Top folder of the main checkout. */
  readonly path: string;
  readonly worktreesFolder: string;
  git(...args: string[]): Promise<string>;
  /** What `create` is asked for, with a run id of its own. */
  request(over?: Partial<Made> & { readonly signal?: AbortSignal }): Promise<Made & CreateExtras>;
  create(over?: Partial<Made>): Promise<Made>;
  include(worktreePath: string, patterns: readonly string[], over?: Partial<IncludeFiles>): Promise<Included>;
  factsOf(made: Made): Promise<WorktreeFacts>;
  /** Removes it and waits until the trash is empty. */
  remove(made: Made): ReturnType<Worktrees['remove']>;
  /** What a run could leave behind in the repository: branches, worktrees, our files in git's folder. */
  traces(): Promise<{
    readonly branches: string[];
    readonly worktrees: string[];
    readonly files: string[];
    readonly folder: boolean;
  }>;
}

interface CreateExtras {
  readonly repository: Repository;
  readonly checkpoint: null;
  readonly signal: AbortSignal;
}

/** A repository with one commit, in a folder whose name has a space and letters of other scripts. */
export async function temporaryRepository(files: Record<string, string> = { 'README.md': 'hello\n' }) {
  const parent = await temporaryFolder();
  const path = join(parent, 'ré pö 库');
  await mkdir(path);
  await git(path, 'init', '--quiet', '--initial-branch=main');
  await writeFiles(path, files);
  await git(path, 'add', '--all');
  await git(path, 'commit', '--quiet', '--message=first', '--allow-empty');
  return await testRepositoryAt(path);
}

export async function testRepositoryAt(path: string): Promise<TestRepository> {
  const worktrees = gitWorktrees();
  made.push(worktrees);
  const repository = await worktrees.repositoryOf(path);
  const worktreesFolder = join(dirname(path), `${basename(path)}.worktrees`);
  const self: TestRepository = {
    worktrees,
    repository,
    path,
    worktreesFolder,
    git: async (...args) => await git(path, ...args),
    async request(over = {}) {
      const runId = over.runId ?? runIdFrom(randomBytes(6));
      return {
        repository,
        runId,
        path: join(worktreesFolder, `builder-${runId.slice(4)}`),
        branch: `warden/builder/${runId.slice(4)}`,
        baseCommit: await git(path, 'rev-parse', 'HEAD'),
        checkpoint: null,
        signal: new AbortController().signal,
        ...over,
      };
    },
    async create(over = {}) {
      const request = await self.request(over);
      try {
        await worktrees.create(request);
      } catch (error) {
        await worktrees.undo(repository, request);
        throw error;
      }
      return request;
    },
    async include(worktreePath, patterns, over = {}) {
      const { signal } = new AbortController();
      const request = { whereThere: [], patterns, signal, onCopied: () => undefined, ...over };
      return await worktrees.include(repository, worktreePath, request);
    },
    async factsOf(made) {
      const found = (await worktrees.list(repository)).find((facts) => facts.runId === made.runId);
      if (found === undefined) throw new Error(`${made.path} is not listed`);
      return found;
    },
    async remove(made) {
      const removed = await worktrees.remove(repository, await self.factsOf(made));
      await worktrees.settled();
      return removed;
    },
    async traces() {
      const inGit = await readdir(repository.gitDirectory);
      return {
        branches: (await git(path, 'branch', '--list', '--format=%(refname:short)', 'warden/*'))
          .split('\n')
          .filter(Boolean),
        worktrees: (await git(path, 'worktree', 'list', '--porcelain'))
          .split('\n')
          .filter((line) => line.startsWith('worktree '))
          .map((line) => line.slice('worktree '.length))
          .filter((worktree) => worktree !== path),
        files: inGit.filter((name) => name.startsWith('warden') || name === 'worktrees'),
        folder: await exists(worktreesFolder),
      };
    },
  };
  return self;
}

export const noTraces = { branches: [], worktrees: [], files: [], folder: false };
