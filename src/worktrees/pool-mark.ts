import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { type LockHolder, parseHolder } from './lock-holder.ts';
import { unlessMissing } from './system-failure.ts';

/** What says that a worktree is ours and of no run yet. */
export interface PoolMark {
  readonly id: string;
  /** Whose files it holds. */
  readonly commit: string;
  readonly state: PoolState;
}

export type PoolState =
  /** Somebody is at it; `run` for whom it is being handed out, null while it is prepared. */
  { readonly by: LockHolder; readonly run: PoolTaker | null } | PreparedState;

/** Nobody is at it. */
export interface PreparedState {
  readonly by: null;
  /** Fingerprint, see settingsOf. */
  readonly settings: string;
  /** See indexLookOf: what that is while nobody has touched it. */
  readonly index: string;
  /** When every file was looked at last, in epoch milliseconds. */
  readonly lookedAt: number;
}

export interface PoolTaker {
  readonly runId: RunId;
  readonly branch: string;
  /** Where the worktree goes. */
  readonly path: string;
}

const version = 1;
const announced = 'warden-pooling-';

/** In git's own folder for the worktree, as the mark of a run is. */
function markFile(adminDirectory: string): string {
  return join(adminDirectory, 'warden-pool.json');
}

function announcementFile(repository: Repository, id: string): string {
  return join(repository.gitDirectory, `${announced}${id}.json`);
}

/** Says, before the first step, what is about to be made. */
export async function announcePooled(repository: Repository, mark: PoolMark): Promise<void> {
  await writeFile(announcementFile(repository, mark.id), JSON.stringify({ version, ...mark }), { flag: 'wx' });
}

/** Turns the announcement into the mark of the worktree, in one step. */
export async function markPooled(repository: Repository, id: string, adminDirectory: string): Promise<void> {
  await rename(announcementFile(repository, id), markFile(adminDirectory));
}

export async function rewritePoolMark(adminDirectory: string, mark: PoolMark): Promise<void> {
  const file = markFile(adminDirectory);
  await writeFile(`${file}.new`, JSON.stringify({ version, ...mark }));
  await rename(`${file}.new`, file);
}

export async function removePoolMark(adminDirectory: string): Promise<void> {
  await rm(markFile(adminDirectory), { force: true });
}

/** Null when it has none that we understand. */
export async function poolMarkOf(adminDirectory: string): Promise<PoolMark | null> {
  return await readMark(markFile(adminDirectory));
}

/** Of worktrees that somebody set out to prepare and git has not made yet. */
export async function poolAnnouncements(repository: Repository): Promise<PoolMark[]> {
  const names = (await readdir(repository.gitDirectory)).filter(
    (name) => name.startsWith(announced) && name.endsWith('.json'),
  );
  const marks = await Promise.all(names.map(async (name) => await readMark(join(repository.gitDirectory, name))));
  return marks.filter((mark) => mark !== null);
}

export async function withdrawPooled(repository: Repository, id: string): Promise<void> {
  await rm(announcementFile(repository, id), { force: true });
}

async function readMark(file: string): Promise<PoolMark | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === null) return null;
  try {
    const mark = JSON.parse(text) as Record<string, unknown>;
    const { id, commit } = mark;
    if (mark['version'] !== version || typeof id !== 'string' || !/^[0-9a-f]{12}$/.test(id)) return null;
    const state = stateOf(mark['state'] as Record<string, unknown>);
    return typeof commit !== 'string' || state === null ? null : { id, commit, state };
  } catch {
    return null;
  }
}

function stateOf({ by, run, settings, index, lookedAt }: Record<string, unknown>): PoolState | null {
  if (by === null) {
    if (typeof settings !== 'string' || typeof index !== 'string') return null;
    return { by, settings, index, lookedAt: typeof lookedAt === 'number' ? lookedAt : 0 };
  }
  const holder = parseHolder(JSON.stringify(by));
  const taker = takerOf(run);
  return holder === null || taker === undefined ? null : { by: holder, run: taker };
}

function takerOf(value: unknown): PoolTaker | null | undefined {
  if (value === null) return null;
  const { runId, branch, path } = value as Record<string, unknown>;
  return typeof runId === 'string' && isRunId(runId) && typeof branch === 'string' && typeof path === 'string'
    ? { runId, branch, path }
    : undefined;
}
