import { lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { type LockHolder, parseHolder } from './lock-holder.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/** What says that a worktree and its branch are ours, and what they were made from. */
export interface OwnershipMark {
  readonly runId: RunId;
  readonly branch: string;
  readonly baseCommit: string;
  /** A checkpoint of the run was brought back into it; null for the one that the run was started in. */
  readonly restored: Restored | null;
  /** Another run worked in it before: it was not made for this one, and is not to be taken back with it. */
  readonly isInherited: boolean;
}

export interface Restored {
  /** Ref of the checkpoint. */
  readonly checkpoint: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The worktree's folder, for whoever has to take it back. */
  readonly path: string;
  /** Who is still at it; null once all of it is there. */
  readonly by: LockHolder | null;
}

/** What tells the worktrees of a run apart. */
export type Marked = Pick<OwnershipMark, 'runId' | 'branch'>;

const version = 1;

/** Where the mark of a worktree is: in git's own folder for it, so that it goes with it, and never in the work tree. */
function markFile(adminDirectory: string): string {
  return join(adminDirectory, 'warden.json');
}

/** Where it is until git has made that folder. */
function announcementFile(repository: Repository, { runId, branch }: Marked): string {
  const [, number] = /-restored-(\d+)$/.exec(branch) ?? [];
  const suffix = number === undefined ? '' : `-restored-${number}`;
  return join(repository.gitDirectory, `${announced}${runId}${suffix}.json`);
}

const announced = 'warden-creating-';

/** Says, before the first step, what is about to be made: neither worktree nor branch was there before. */
export async function announce(repository: Repository, mark: OwnershipMark): Promise<void> {
  const file = announcementFile(repository, mark);
  try {
    await writeFile(file, JSON.stringify({ version, ...mark }), { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') await rm(file, { force: true });
    throw error;
  }
}

/** Turns the announcement into the mark of the worktree, in one step. */
export async function markWorktree(repository: Repository, marked: Marked, adminDirectory: string): Promise<void> {
  await rename(announcementFile(repository, marked), markFile(adminDirectory));
}

/** Puts another mark in the place of the one that is there, in one step. */
export async function rewriteMark(adminDirectory: string, mark: OwnershipMark): Promise<void> {
  const file = `${markFile(adminDirectory)}.new`;
  await writeFile(file, JSON.stringify({ version, ...mark }));
  await rename(file, markFile(adminDirectory));
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
export async function announcementOf(repository: Repository, marked: Marked): Promise<OwnershipMark | null> {
  return await readMark(announcementFile(repository, marked));
}

/** All of them, of launches too. */
export async function announcements(repository: Repository): Promise<OwnershipMark[]> {
  const names = (await readdir(repository.gitDirectory)).filter((name) => name.startsWith(announced));
  const marks = await Promise.all(names.map(async (name) => await readMark(join(repository.gitDirectory, name))));
  return marks.filter((mark) => mark !== null);
}

export async function withdrawAnnouncement(repository: Repository, marked: Marked): Promise<void> {
  await rm(announcementFile(repository, marked), { force: true });
}

async function readMark(file: string): Promise<OwnershipMark | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === null) return null;
  try {
    const mark = JSON.parse(text) as Record<string, unknown>;
    const { runId, branch, baseCommit } = mark;
    if (mark['version'] !== version || typeof runId !== 'string' || !isRunId(runId)) return null;
    if (typeof branch !== 'string' || typeof baseCommit !== 'string') return null;
    const restored = restoredOf(mark['restored']);
    const isInherited = mark['isInherited'] === true;
    return restored === undefined ? null : { runId, branch, baseCommit, restored, isInherited };
  } catch {
    return null;
  }
}

/** @returns undefined for what we do not understand */
function restoredOf(value: unknown): Restored | null | undefined {
  if (value === undefined || value === null) return null;
  const { checkpoint, at, path, by } = value as Record<string, unknown>;
  if (typeof checkpoint !== 'string' || typeof at !== 'number' || typeof path !== 'string') return undefined;
  const holder = by === null ? null : parseHolder(JSON.stringify(by));
  return by !== null && holder === null ? undefined : { checkpoint, at, path, by: holder };
}
