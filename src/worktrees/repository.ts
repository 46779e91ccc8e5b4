import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { askGit, gitFailure, type GitRequest } from './git.ts';
import { unlessMissing } from './system-failure.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * The repository of a folder; from inside a linked worktree, a subfolder or the git folder it is the main checkout's.
 * @param environment of whatever git starts, besides what it has anyway
 * @throws WardenError not_a_repository, bare_repository, git_not_found, git_failed
 */
export async function repositoryOf(directory: string, environment: Environment = {}): Promise<Repository> {
  const start = await unlessMissing(realpath(directory));
  if (start === null) throw new WardenError('not_a_repository', { path: directory });
  const request: GitRequest = {
    directory: start,
    arguments: ['rev-parse', '--git-dir', '--git-common-dir', '--is-bare-repository', '--is-inside-work-tree'],
    operation: 'find repository',
    environment,
  };
  const answer = await askGit(request);
  if (answer.exitCode !== 0) {
    if (/not a git repository/i.test(answer.words)) throw new WardenError('not_a_repository', { path: directory });
    throw await gitFailure(request, answer);
  }
  const [gitDirectory = '', commonDirectory = '', bare, insideWorkTree] = linesOf(answer.output);
  if (bare === 'true') throw new WardenError('bare_repository', { path: directory });
  const common = await realpath(resolve(start, commonDirectory));
  const isMain = common === (await realpath(resolve(start, gitDirectory)));
  return {
    path:
      isMain && insideWorkTree === 'true' ? await topOf(start, environment) : await mainCheckoutOf(common, environment),
    gitDirectory: common,
  };
}

async function topOf(directory: string, environment: Environment): Promise<string> {
  const request = { directory, arguments: ['rev-parse', '--show-toplevel'], operation: 'find repository', environment };
  const answer = await askGit(request);
  if (answer.exitCode !== 0) throw await gitFailure(request, answer);
  return await realpath(linesOf(answer.output)[0] ?? '');
}

/** With the git folder given and nothing configured, git takes the folder that it is started in for the work tree. */
async function mainCheckoutOf(commonDirectory: string, environment: Environment): Promise<string> {
  const request = {
    directory: dirname(commonDirectory),
    arguments: ['rev-parse', '--is-bare-repository', '--show-toplevel'],
    operation: 'find repository',
    environment: { ...environment, GIT_DIR: commonDirectory },
  };
  const answer = await askGit(request);
  const [bare, top] = linesOf(answer.output);
  if (bare === 'true') throw new WardenError('bare_repository', { path: commonDirectory });
  if (answer.exitCode !== 0 || top === undefined) throw await gitFailure(request, answer);
  await checkMain(top, commonDirectory, environment);
  return await realpath(top);
}

/** A git folder that was put elsewhere (`--separate-git-dir`) does not tell where its main checkout is. */
async function checkMain(top: string, commonDirectory: string, environment: Environment): Promise<void> {
  const answer = await askGit({
    directory: top,
    arguments: ['rev-parse', '--git-common-dir'],
    operation: 'find repository',
    environment,
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
