import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { askGit, git, gitText, partsBeginningWith } from './git.ts';
import { mayHideFiles } from './hidden-files.ts';
import { rawJoin } from './raw-path.ts';
import { statusOf } from './status.ts';
import { unlessMissing } from './system-failure.ts';

const operation = 'look at nested repository';

type Environment = Readonly<Record<string, string>>;

/**
 * Submodules, and other repositories inside, with work that is nowhere else: the tree of a commit only names the commit
 * of such a folder, so a checkpoint does not keep what is in it.
 * @param tree what was found in the worktree
 * @param environment of whatever git starts, besides what it has anyway
 * @returns their folders, relative to the worktree
 */
export async function unkeptRepositories(
  worktreePath: string,
  tree: string,
  environment: Environment = {},
): Promise<string[]> {
  const listed = await git({
    directory: worktreePath,
    arguments: ['ls-tree', '-r', '-z', tree],
    operation: 'keep work',
    environment,
  });
  const found: string[] = [];
  for (const line of partsBeginningWith('160000 commit ', listed)) {
    const name = Buffer.from(line.slice(line.indexOf('\t') + 1), 'latin1');
    const gitFolder = rawJoin(rawJoin(Buffer.from(worktreePath), name), Buffer.from('.git'));
    const isThere = (await unlessMissing(lstat(gitFolder))) !== null;
    const path = name.toString('utf8');
    if (isThere && !(await isElsewhere(join(worktreePath, path), environment))) found.push(path);
  }
  return found;
}

/** Nothing uncommitted in it, and no commit that its remotes do not have. */
async function isElsewhere(path: string, environment: Environment): Promise<boolean> {
  if ((await statusOf(path, environment))?.dirtyFiles !== 0) return false;
  if (await mayHideFiles(await gitDirectoryOf(path, environment))) return false;
  const answer = await askGit({
    directory: path,
    arguments: ['rev-list', '--max-count=1', '--all', '--not', '--remotes'],
    operation,
    environment,
  });
  return answer.exitCode === 0 && answer.output.length === 0;
}

async function gitDirectoryOf(path: string, environment: Environment): Promise<string> {
  return await gitText({ directory: path, arguments: ['rev-parse', '--absolute-git-dir'], operation, environment });
}
