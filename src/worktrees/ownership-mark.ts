import { lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/** What says that a worktree and its branch are ours, and what they were made from. */
export interface OwnershipMark {
  readonly runId: RunId;
  readonly branch: string;
  readonly baseCommit: string;
}

const version = 1;

/** Where the mark of a worktree is: in git's own folder for it, so that it goes with it, and never in the work tree. */
function markFile(adminDirectory: string): string {
  return join(adminDirectory, 'warden.json');
}

/** Where it is until git has made that folder. */
function announcementFile(repository: Repository, runId: RunId): string {
  return join(repository.gitDirectory, `warden-creating-${runId}.json`);
}

/** Says, before the first step, what is about to be made: neither worktree nor branch was there before. */
export async function announce(repository: Repository, mark: OwnershipMark): Promise<void> {
  const file = announcementFile(repository, mark.runId);
  try {
    await writeFile(file, JSON.stringify({ version, ...mark }), { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') await rm(file, { force: true });
    throw error;
  }
}

/** Turns the announcement into the mark of the worktree, in one step. */
export async function markWorktree(repository: Repository, runId: RunId, adminDirectory: string): Promise<void> {
  await rename(announcementFile(repository, runId), markFile(adminDirectory));
}

/** The mark of a worktree; null when it has none that we understand, and is not ours to touch. */
export async function markOf(adminDirectory: string): Promise<OwnershipMark | null> {
  return await readMark(markFile(adminDirectory));
}

/** Epoch milliseconds at which the worktree was begun to be made: nothing in it or left by it is older. */
export async function markedSince(adminDirectory: string): Promise<number> {
  return (await lstat(markFile(adminDirectory))).mtimeMs;
}

/** What a creation that did not come to its end had set out to make. */
export async function announcementOf(repository: Repository, runId: RunId): Promise<OwnershipMark | null> {
  return await readMark(announcementFile(repository, runId));
}

export async function withdrawAnnouncement(repository: Repository, runId: RunId): Promise<void> {
  await rm(announcementFile(repository, runId), { force: true });
}

async function readMark(file: string): Promise<OwnershipMark | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === null) return null;
  try {
    const mark = JSON.parse(text) as Record<string, unknown>;
    const { runId, branch, baseCommit } = mark;
    if (mark['version'] !== version || typeof runId !== 'string' || !isRunId(runId)) return null;
    if (typeof branch !== 'string' || typeof baseCommit !== 'string') return null;
    return { runId, branch, baseCommit };
  } catch {
    return null;
  }
}
