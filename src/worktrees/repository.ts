import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { detailOf, isWardenError, WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { askGit, type GitRequest } from './git.ts';
import { refusalOfGit } from './refused-by-git.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

type How = Required<Pick<GitRequest, 'environment' | 'signal'>>;

/** It takes milliseconds. Where a disk or a named pipe answers nobody, git would wait for ever, and so would its caller. */
const patienceMilliseconds = 30_000;

/**
 * The repository of a folder; from inside a linked worktree, a subfolder or the git folder it is the main checkout's.
 * @param environment of whatever git starts, besides what it has anyway
 * @param patience milliseconds
 * @throws WardenError not_a_repository, bare_repository, repository_of_another, unusable_repository, git_not_found
 */
export async function repositoryOf(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
  patience = patienceMilliseconds,
): Promise<Repository> {
  const signal = AbortSignal.timeout(patience);
  try {
    const start = await folderAt(directory);
    if (start === null) throw new WardenError('not_a_repository', { path: directory });
    return await repositoryFrom(start, directory, { environment, signal });
  } catch (error) {
    // It may have been removed while it was looked at, and git says many things then.
    if ((await folderAt(directory).catch(() => directory)) === null) {
      throw new WardenError('not_a_repository', { path: directory }, { cause: error });
    }
    if (signal.aborted) {
      const detail = `git did not answer in ${patience / 1_000} s`;
      throw new WardenError('unusable_repository', { path: directory, detail }, { cause: error });
    }
    if (isWardenError(error) || !refusals.has(systemCode(error))) throw error;
    throw new WardenError('unusable_repository', { path: directory, detail: detailOf(error) }, { cause: error });
  }
}

/** What the system says of a path that is not as it must be, and never of itself. */
const refusals: ReadonlySet<string | null> = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR']);

/** Without links. Null where no folder is, or none can have that name. */
async function folderAt(directory: string): Promise<string | null> {
  if (directory.includes('\0')) return null;
  const found = await unlessMissing(realpath(directory));
  if (found === null || (await unlessMissing(stat(found)))?.isDirectory() !== true) return null;
  await unlessMissing(access(found, constants.X_OK));
  return found;
}

async function repositoryFrom(start: string, directory: string, how: How): Promise<Repository> {
  const request: GitRequest = {
    directory: start,
    arguments: ['rev-parse', '--git-dir', '--git-common-dir', '--is-bare-repository', '--is-inside-work-tree'],
    operation: 'find repository',
    ...how,
  };
  const answer = await askGit(request);
  if (answer.exitCode !== 0) {
    if (/not a git repository/i.test(answer.words)) throw new WardenError('not_a_repository', { path: directory });
    throw refusalOfGit(directory, answer);
  }
  const [gitDirectory = '', commonDirectory = '', bare, insideWorkTree] = linesOf(answer.output);
  if (bare === 'true') throw new WardenError('bare_repository', { path: directory });
  const common = await realpath(resolve(start, commonDirectory));
  const isMain = common === (await realpath(resolve(start, gitDirectory)));
  return {
    path: isMain && insideWorkTree === 'true' ? await topOf(start, how) : await mainCheckoutOf(common, how),
    gitDirectory: common,
  };
}

async function topOf(directory: string, how: How): Promise<string> {
  const request = { directory, arguments: ['rev-parse', '--show-toplevel'], operation: 'find repository', ...how };
  const answer = await askGit(request);
  if (answer.exitCode !== 0) throw refusalOfGit(directory, answer);
  return await realpath(linesOf(answer.output)[0] ?? '');
}

/** With the git folder given and nothing configured, git takes the folder that it is started in for the work tree. */
async function mainCheckoutOf(commonDirectory: string, how: How): Promise<string> {
  const request = {
    directory: dirname(commonDirectory),
    arguments: ['rev-parse', '--is-bare-repository', '--show-toplevel'],
    operation: 'find repository',
    ...how,
    environment: { ...how.environment, GIT_DIR: commonDirectory },
  };
  const answer = await askGit(request);
  const [bare, top] = linesOf(answer.output);
  if (bare === 'true') throw new WardenError('bare_repository', { path: commonDirectory });
  if (answer.exitCode !== 0 || top === undefined) throw refusalOfGit(commonDirectory, answer);
  await checkMain(top, commonDirectory, how);
  return await realpath(top);
}

/** A git folder that was put elsewhere (`--separate-git-dir`) does not tell where its main checkout is. */
async function checkMain(top: string, commonDirectory: string, how: How): Promise<void> {
  const answer = await askGit({
    directory: top,
    arguments: ['rev-parse', '--git-common-dir'],
    operation: 'find repository',
    ...how,
  });
  const found = answer.exitCode === 0 ? linesOf(answer.output)[0] : undefined;
  if (found === undefined || (await realpath(resolve(top, found))) !== commonDirectory) {
    throw new WardenError('not_a_repository', { path: top });
  }
}

function linesOf(output: Buffer): string[] {
  return output
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, ''));
}
