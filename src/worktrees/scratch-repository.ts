import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScratchRepository } from '../core/ports/worktrees.ts';
import { git } from './git.ts';
import { removeTree } from './remove-tree.ts';
import { systemFailure } from './system-failure.ts';

/** So that it works where the user has not told git who he is. */
const someone = {
  GIT_AUTHOR_NAME: 'Workflow Warden',
  GIT_AUTHOR_EMAIL: 'warden@localhost',
  GIT_COMMITTER_NAME: 'Workflow Warden',
  GIT_COMMITTER_EMAIL: 'warden@localhost',
};

/** A repository with one empty commit, in a temporary folder of its own that holds its worktrees too. */
export async function scratchRepository(): Promise<ScratchRepository> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'warden-scratch-')));
  const path = join(folder, 'repository');
  const operation = 'make a scratch repository';
  try {
    await mkdir(path);
    await git({ directory: path, arguments: ['init', '--quiet'], operation });
    const commit = ['commit', '--quiet', '--allow-empty', '--no-verify', '--no-gpg-sign', '-m', 'Scratch'];
    await git({ directory: path, arguments: commit, operation, environment: someone });
  } catch (error) {
    await removeTree(folder);
    throw systemFailure(operation, folder, error);
  }
  return { path, remove: async () => await removeTree(folder) };
}
