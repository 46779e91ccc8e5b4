import { lstat } from 'node:fs/promises';
import type { Repository } from '../core/ports/worktrees.ts';
import type { WorktreeFacts } from '../core/removal.ts';
import type { RunId } from '../core/run-id.ts';
import { type AdminEntry, adminEntries, isWorktreeOf } from './admin-entries.ts';
import { askGit } from './git.ts';
import { inTurns } from './in-turns.ts';
import type { KnownMerges } from './merged.ts';
import { ownCommits, tipOf } from './own-commits.ts';
import { operationIn } from './operation.ts';
import type { OwnershipMark } from './ownership-mark.ts';
import { statusOf, type WorktreeStatus } from './status.ts';
import { systemCode, systemFailure, unlessMissing } from './system-failure.ts';

/**
 * Every worktree of the repository that carries our mark, those whose folder has gone too. Sizes are not measured.
 * @param only the runs whose worktrees are looked at; all when absent
 */
export async function list(
  repository: Repository,
  merges: KnownMerges,
  only?: ReadonlySet<RunId>,
): Promise<WorktreeFacts[]> {
  const looks = inTurns(4);
  try {
    const all = await adminEntries(repository);
    const entries = only === undefined ? all : all.filter(({ mark }) => mark !== null && only.has(mark.runId));
    const found = await Promise.all(
      entries.map(async (entry) => await looks(async () => await factsOf(repository, entry, merges))),
    );
    return found.filter((facts) => facts !== null);
  } catch (error) {
    throw systemFailure('list worktrees', repository.path, error);
  }
}

/** Where they are, without a look at any of them. */
export async function pathsOf(repository: Repository): Promise<string[]> {
  try {
    return (await adminEntries(repository)).flatMap((entry) => ours(entry)?.path ?? []);
  } catch (error) {
    throw systemFailure('list worktrees', repository.path, error);
  }
}

/** @returns null when it is not ours, or not all there */
function ours({ mark, path }: AdminEntry): { readonly mark: OwnershipMark; readonly path: string } | null {
  // One that is still being restored is nobody's yet.
  if (mark === null || path === null || (mark.restored !== null && mark.restored.by !== null)) return null;
  return { mark, path };
}

async function factsOf(repository: Repository, entry: AdminEntry, merges: KnownMerges): Promise<WorktreeFacts | null> {
  const found = ours(entry);
  if (found === null) return null;
  const { mark, path } = found;
  const { exists, status } = await lookInto(entry, path);
  const { branch, head } = status ?? (await headOf(repository, entry));
  return {
    path,
    runId: mark.runId,
    repository: repository.path,
    branch,
    head,
    exists,
    lock: entry.lockReason === null ? null : { reason: entry.lockReason },
    dirtyFiles: status?.dirtyFiles ?? null,
    ...(await workOf(repository, head, mark, merges)),
    bytes: null,
    operation: await operationIn(entry.directory),
    restored: mark.restored === null ? null : { checkpoint: mark.restored.checkpoint, at: mark.restored.at },
  };
}

/**
 * A folder that does not lead back here may hold anything, another repository too: then nothing is known of it. Neither is
 * it of one that cannot be looked into, which keeps that one and no other.
 */
async function lookInto(
  entry: AdminEntry,
  path: string,
): Promise<Pick<WorktreeFacts, 'exists'> & { readonly status: WorktreeStatus | null }> {
  try {
    const exists = (await unlessMissing(lstat(path)))?.isDirectory() === true;
    return { exists, status: exists && (await isWorktreeOf(entry)) ? await statusOf(path) : null };
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return { exists: true, status: null };
  }
}

/** Where the commits of a worktree are. */
async function workOf(
  repository: Repository,
  head: string | null,
  mark: OwnershipMark,
  merges: KnownMerges,
): Promise<Pick<WorktreeFacts, 'unpushed' | 'merged'>> {
  const unpushed = await ownCommits(repository, head, mark);
  if (unpushed === null || head === null) return { unpushed, merged: false };
  if (unpushed === 0) return { unpushed, merged: head !== mark.baseCommit };
  // Only where the branch is what HEAD is: commits may be on it that HEAD has left.
  const merged = (await tipOf(repository, mark.branch)) === head && (await merges.has(repository, head));
  return { unpushed: merged ? 0 : unpushed, merged };
}

async function headOf(
  repository: Repository,
  entry: AdminEntry,
): Promise<{ readonly branch: string | null; readonly head: string | null }> {
  const answer = await askGit({
    directory: repository.gitDirectory,
    arguments: ['rev-parse', '--verify', '--quiet', 'HEAD'],
    environment: { GIT_DIR: entry.directory },
    operation: 'look at worktree',
  });
  const prefix = 'refs/heads/';
  return {
    branch: entry.headRef?.startsWith(prefix) === true ? entry.headRef.slice(prefix.length) : null,
    head: answer.exitCode === 0 ? answer.output.toString('utf8').trim() : null,
  };
}
