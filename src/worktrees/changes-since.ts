import type { ChangedFile } from '../core/ports/worktrees.ts';
import { git, nulSeparated } from './git.ts';

const operation = 'look for changes';

/** Files that differ from the base in the worktree, committed or not, untracked ones too, by path. */
export async function changesSince(worktreePath: string, baseCommit: string): Promise<ChangedFile[]> {
  const [compared, untracked] = await Promise.all([
    git({
      directory: worktreePath,
      arguments: ['diff', '--name-status', '--no-renames', '--no-ext-diff', '-z', '--end-of-options', baseCommit, '--'],
      operation,
    }),
    git({
      directory: worktreePath,
      arguments: ['ls-files', '--others', '--exclude-standard', '-z'],
      operation,
    }),
  ]);
  const changes = new Map(changesIn(compared).map(({ path, change }) => [path, change]));
  for (const path of nulSeparated(untracked)) {
    // Taken out of the index and still there: it is not gone.
    changes.set(path, changes.get(path) === 'deleted' ? 'modified' : 'added');
  }
  return [...changes]
    .map(([path, change]) => ({ path, change }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Files that differ between two commits, by path. */
export async function changesBetween(directory: string, before: string, after: string): Promise<ChangedFile[]> {
  const compared = await git({
    directory,
    arguments: ['diff-tree', '-r', '--name-status', '--no-renames', '-z', '--end-of-options', before, after, '--'],
    operation,
  });
  return changesIn(compared);
}

/** @param compared what git prints for `--name-status -z` */
function changesIn(compared: Buffer): ChangedFile[] {
  const parts = nulSeparated(compared);
  const changes: ChangedFile[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [status, path] = [parts[index], parts[index + 1]];
    if (status !== undefined && path !== undefined) changes.push({ path, change: changeOf(status) });
  }
  return changes;
}

function changeOf(status: string): ChangedFile['change'] {
  if (status.startsWith('A')) return 'added';
  return status.startsWith('D') ? 'deleted' : 'modified';
}
