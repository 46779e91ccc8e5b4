import { lstat, writeFile } from 'node:fs/promises';
import type { StoredCheckpoint } from './checkpoints-of.ts';
import { exactSettings } from './exact-settings.ts';
import { askGit, git } from './git.ts';
import { inBatches } from './in-batches.ts';
import { readKeptState } from './kept-state.ts';
import { rawJoin } from './raw-path.ts';
import { unlessMissing } from './system-failure.ts';

const operation = 'restore worktree';

/**
 * Gives a new worktree that has no files yet what a checkpoint keeps: first the files, all of them whatever is sparse
 * here, then what was staged. Files that git holds converted are written byte for byte.
 * @param environment of whatever git starts, besides what it has anyway
 */
export async function fillFromCheckpoint(
  path: string,
  checkpoint: StoredCheckpoint,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const whole = ['-c', 'core.sparseCheckout=false', 'read-tree'];
  const exactly = { ...environment, ...(await exactSettings(path)) };
  const inWorktree = { directory: path, operation, environment: exactly, signal };
  await git({
    ...inWorktree,
    arguments: [...whole, '--reset', '-u', '--no-recurse-submodules', checkpoint.commit],
    runsPrograms: true,
  });
  const staged = checkpoint.staged ?? checkpoint.head;
  // What is the same in both keeps what git remembers of its file.
  await git({ ...inWorktree, arguments: [...whole, ...(staged === null ? ['--empty'] : ['--reset', staged])] });
  if (checkpoint.state !== null) await restoreState(path, checkpoint.state);
  // It tells by its exit code that something is changed.
  await askGit({ ...inWorktree, arguments: ['update-index', '-q', '--refresh'] });
}

async function restoreState(path: string, commit: string): Promise<void> {
  const { unmerged, intended, converted } = await readKeptState(path, commit);
  await writeBytes(path, converted);
  if (unmerged.length > 0) {
    const input = Buffer.from(unmerged.map((line) => `${line}\0`).join(''), 'latin1');
    await git({ directory: path, arguments: ['update-index', '-z', '--index-info'], input, operation });
  }
  const present: string[] = [];
  for (const name of intended) {
    const file = rawJoin(Buffer.from(path), Buffer.from(name, 'latin1'));
    if ((await unlessMissing(lstat(file))) !== null) present.push(name);
  }
  if (present.length === 0) return;
  await git({
    directory: path,
    arguments: ['add', '--intent-to-add', '--force', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul'],
    environment: { GIT_LITERAL_PATHSPECS: '1' },
    input: Buffer.from(present.map((name) => `${name}\0`).join(''), 'latin1'),
    operation,
  });
}

/** Git gave them as it would check them out. A few at a time, since they are held in memory. */
async function writeBytes(path: string, converted: readonly string[]): Promise<void> {
  await inBatches(converted, 4, async (line) => {
    const [, object = '', name = ''] = /^\d+ ([0-9a-f]+) 0\t([^]*)$/.exec(line) ?? [];
    const file = rawJoin(Buffer.from(path), Buffer.from(name, 'latin1'));
    if ((await unlessMissing(lstat(file)))?.isFile() !== true) return;
    await writeFile(file, await git({ directory: path, arguments: ['cat-file', 'blob', object], operation }));
  });
}
