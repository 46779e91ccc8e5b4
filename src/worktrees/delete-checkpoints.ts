import type { Checkpoint } from '../core/checkpoint.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { git } from './git.ts';

/** All or none; none when one of them is not what it was. @throws WardenError git_failed */
export async function deleteCheckpoints(repository: Repository, checkpoints: readonly Checkpoint[]): Promise<void> {
  if (checkpoints.length === 0) return;
  await git({
    directory: repository.gitDirectory,
    arguments: ['update-ref', '--stdin'],
    input: Buffer.from(checkpoints.map(({ ref, commit }) => `delete ${ref} ${commit}\n`).join('')),
    operation: 'delete checkpoints',
  });
}
