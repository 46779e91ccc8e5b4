import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository, UnfinishedWorktree, WorktreeSurvey } from '../core/ports/worktrees.ts';
import { lockReason } from '../core/removal.ts';
import { type AdminEntry, adminEntries } from './admin-entries.ts';
import { checkpointRefs } from './checkpoint-refs.ts';
import { gitText } from './git.ts';
import { list } from './list.ts';
import { isGone } from './lock-holder.ts';
import type { KnownMerges } from './merged.ts';
import { announcements, type OwnershipMark } from './ownership-mark.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { foldersInTrash, trashFolderIn } from './trash.ts';
import { worktreesFolderOf } from './worktrees-folder.ts';

/** What there is of ours in a repository, whole or not, and what only lies there. Changes nothing. */
export async function survey(repository: Repository, merges: KnownMerges): Promise<WorktreeSurvey> {
  try {
    // In this order: what is made meanwhile is registered before its announcement goes and its folder comes.
    const [folders, announced] = [await foldersBeside(repository), await announcements(repository)];
    const entries = await adminEntries(repository);
    const finished = entries.filter(({ mark }) => mark !== null && (mark.restored?.by ?? null) === null);
    const isThere = new Map<AdminEntry, boolean>();
    for (const entry of finished) {
      if (entry.path !== null) isThere.set(entry, await isFolder(entry.path));
    }
    const present = finished.filter((entry) => isThere.get(entry) === true);
    const gone = finished.filter((entry) => isThere.get(entry) === false);
    const goneRuns = new Set(gone.flatMap(({ mark }) => (mark === null ? [] : [mark.runId])));
    const missing = goneRuns.size === 0 ? [] : await list(repository, merges, goneRuns);
    const restoring = entries.flatMap(({ mark }) =>
      (mark?.restored?.by ?? null) === null || mark === null ? [] : [mark],
    );
    const unfinished = await Promise.all(
      [...announced.filter((mark) => !isFinished(mark, entries)), ...restoring].map(
        async (mark) => await unfinishedOf(mark, entries),
      ),
    );
    const ownPaths = new Set(unfinished.map(({ path }) => path));
    const foreign = entries.filter(({ mark, pool, path }) => mark === null && pool === null && !ownPaths.has(path));
    const registered = new Set(entries.map(({ path }) => path));
    return {
      present: present.flatMap(({ path, mark }) =>
        path === null || mark === null ? [] : [{ path, runId: mark.runId }],
      ),
      missing: missing.filter(({ exists }) => !exists),
      unfinished,
      foreignUnfinished: foreign.flatMap(({ path, lockReason: reason }) =>
        reason === 'initializing' && path !== null ? [path] : [],
      ),
      foreign: foreign.length,
      unregistered: folders.filter((path) => !registered.has(path)),
      inTrash: await foldersInTrash(trashFolderIn(worktreesFolderOf(repository))),
      checkpoints: await checkpointRefs(repository),
      branches: await ownBranches(repository),
    };
  } catch (error) {
    throw systemFailure('survey worktrees', repository.path, error);
  }
}

/** What cannot be looked at is not known to be gone. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await unlessMissing(lstat(path)))?.isDirectory() === true;
  } catch {
    return true;
  }
}

/** Its worktree is there whole, and may hold work: then nothing is to be taken back. */
function isFinished({ runId, branch }: OwnershipMark, entries: readonly AdminEntry[]): boolean {
  return entries.some(({ mark }) => mark?.runId === runId && mark.branch === branch);
}

async function unfinishedOf(mark: OwnershipMark, entries: readonly AdminEntry[]): Promise<UnfinishedWorktree> {
  const { runId, branch, restored } = mark;
  const by = restored?.by ?? null;
  const entry = entries.find(
    (one) => one.mark === null && (one.headRef === `refs/heads/${branch}` || one.lockReason === lockReason(runId)),
  );
  return {
    path: restored?.path ?? entry?.path ?? null,
    branch,
    runId,
    made: restored === null ? 'launch' : 'restore',
    isMakerGone: by !== null && (await isGone(by)),
  };
}

/** Folders in `<repository>.worktrees`; what begins with a dot, as the trash does, is no worktree. */
async function foldersBeside(repository: Repository): Promise<string[]> {
  const parent = worktreesFolderOf(repository);
  if ((await unlessMissing(lstat(parent)))?.isDirectory() !== true) return [];
  const found = await readdir(parent, { withFileTypes: true });
  return found.filter((one) => one.isDirectory() && !one.name.startsWith('.')).map(({ name }) => join(parent, name));
}

async function ownBranches(repository: Repository): Promise<string[]> {
  const names = await gitText({
    directory: repository.gitDirectory,
    arguments: ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/warden/'],
    operation: 'look for branches',
  });
  return names.split('\n').filter((name) => name !== '');
}
