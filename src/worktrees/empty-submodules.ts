import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { git, partsBeginningWith } from './git.ts';
import { rawJoin } from './raw-path.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';

const operation = 'look for submodules';

/**
 * Submodules that the main checkout has filled and a worktree has not, by their folders. Without submodules it costs one
 * look at a file.
 * @throws WardenError git_failed
 */
export async function emptySubmodules(repository: Repository, worktreePath: string): Promise<string[]> {
  try {
    if ((await unlessMissing(lstat(join(worktreePath, '.gitmodules')))) === null) return [];
    const listed = await git({ directory: worktreePath, arguments: ['ls-files', '--stage', '-z'], operation });
    const found: string[] = [];
    for (const line of partsBeginningWith('160000 ', listed)) {
      const name = Buffer.from(line.slice(line.indexOf('\t') + 1), 'latin1');
      if ((await isFilled(repository.path, name)) && !(await isFilled(worktreePath, name))) {
        found.push(name.toString('utf8'));
      }
    }
    return found;
  } catch (error) {
    throw systemFailure(operation, worktreePath, error);
  }
}

async function isFilled(top: string, name: Buffer): Promise<boolean> {
  const gitFile = rawJoin(rawJoin(Buffer.from(top), name), Buffer.from('.git'));
  return (await unlessMissing(lstat(gitFile))) !== null;
}
