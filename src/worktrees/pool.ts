import { randomBytes, randomUUID } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWardenError, WardenError } from '../core/errors.ts';
import { poolCookie } from '../core/pool-cookie.ts';
import { type PooledWorktree, poolWork } from '../core/pool.ts';
import type { Repository, TendPool } from '../core/ports/worktrees.ts';
import { poolLockReason } from '../core/removal.ts';
import { pooledPathFor } from '../core/worktree-names.ts';
import { adminEntries, adminEntry, type AdminEntry } from './admin-entries.ts';
import { type CheckoutSettings, settingsOf } from './checkout-settings.ts';
import { commitOf } from './commit-of.ts';
import { discardEntry, setEntryAside } from './forget-entry.ts';
import { askGit, git } from './git.ts';
import { leftCommits } from './left-commits.ts';
import { holderOf, isGone } from './lock-holder.ts';
import { unkeptRepositories } from './nested-repositories.ts';
import {
  announcePooled,
  markPooled,
  poolAnnouncements,
  type PoolMark,
  type PoolState,
  type PreparedState,
  rewritePoolMark,
  withdrawPooled,
} from './pool-mark.ts';
import { foldersOf, indexLookOf, isPooled, lookAt, pooledEntries, type PooledEntry } from './pooled-entries.ts';
import { adminDirectoryIn } from './register-worktree.ts';
import { hasWorkInReflog } from './reflog.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { holdingLock } from './repository-lock.ts';
import { countedFiles, isWholeStatus, statusArguments } from './status.ts';
import { systemFailure, unlessMissing } from './system-failure.ts';
import { moveToTrash } from './trash.ts';
import { thenThrow } from './undo.ts';
import { removeWorktreesFolderIfEmpty } from './worktrees-folder.ts';

const operation = 'prepare worktree';

/** What a round over a pool shares. */
interface Round extends TendPool {
  readonly repository: Repository;
  /** Told of a folder that is in the trash now. */
  readonly onDiscarded: (path: string) => void;
}

/** Brings the pool of a repository up to date: one worktree after the other. */
export async function tendPool(
  repository: Repository,
  request: TendPool,
  onDiscarded: Round['onDiscarded'],
): Promise<void> {
  const round: Round = { ...request, repository, onDiscarded };
  try {
    await takeBackPooled(repository, request.endWorkers, onDiscarded);
    const entries = await pooledEntries(repository);
    if (request.size === 0 && entries.length === 0) return;
    const settings = await settingsOf(repository);
    const size = settings.keepsHeadsInFiles ? request.size : 0;
    const commit = size === 0 ? '' : await commitOf(repository, 'HEAD');
    const looks = await Promise.all(entries.map(async (entry) => await lookAgain(entry, request.signal)));
    const work = poolWork(looks, { size, commit, settings: settings.fingerprint, now: Date.now() });
    const byId = new Map(entries.map((entry) => [entry.pool.id, entry]));
    const each = async (ids: readonly string[], task: (entry: PooledEntry) => Promise<void>): Promise<void> => {
      for (const id of ids) {
        request.signal.throwIfAborted();
        const entry = byId.get(id);
        if (entry !== undefined) await task(entry);
      }
    };
    await each(work.look, async (entry) => await lookAtFiles(round, entry));
    await each(work.discard, async (entry) => await discard(round, entry));
    await each(work.renew, async (entry) => await renew(round, entry, commit, settings));
    for (let made = 0; made < work.prepare; made += 1) {
      request.signal.throwIfAborted();
      await prepare(round, commit, settings);
    }
  } catch (error) {
    throw systemFailure(operation, repository.path, error);
  }
}

/** The pool as a quick look finds it. */
export async function pooledWorktrees(repository: Repository): Promise<PooledWorktree[]> {
  return await Promise.all((await pooledEntries(repository)).map(async (entry) => await lookAt(entry)));
}

/** What only looks touched, as after somebody's `git status` in it, or was deleted by hand, may go. */
async function lookAgain(entry: PooledEntry, signal: AbortSignal): Promise<PooledWorktree> {
  const look = await lookAt(entry);
  if (look.state !== 'touched' || entry.lockReason !== poolLockReason(look.id)) return look;
  const isGoneOrSame = (await isGoneOrOnly(entry, signal)) && (await isNothingLeftIn(entry));
  // Its settings are not trusted any more: it is not used again.
  return isGoneOrSame ? { ...look, state: 'ready', settings: null } : look;
}

/** Takes back what was being prepared or handed out by somebody who is gone. Cheap where there is nothing. */
export async function takeBackPooled(
  repository: Repository,
  endWorkers: TendPool['endWorkers'],
  onDiscarded: Round['onDiscarded'],
): Promise<void> {
  const marks = [
    ...(await poolAnnouncements(repository)),
    ...(await adminEntries(repository)).flatMap(({ pool }) => (pool === null ? [] : [pool])),
  ];
  for (const { id, state } of marks) {
    if (state.by === null || !(await isGone(state.by))) continue;
    await endWorkers(poolCookie(id));
    await takeApart(repository, id, onDiscarded);
  }
}

async function prepare(round: Round, commit: string, settings: CheckoutSettings): Promise<void> {
  const { repository, signal } = round;
  const id = randomBytes(6).toString('hex');
  const path = pooledPathFor(repository.path, id);
  const by = await holderOf(randomUUID());
  try {
    const directory = await holdingLock(
      repository,
      async () => await register(repository, path, { id, commit, state: { by, run: null } }),
      signal,
    );
    await fill(round, { id, commit, path, directory }, settings);
  } catch (error) {
    await giveUp(round, id, error);
  }
}

/** As for a run, but on no branch. @returns git's own folder for it */
async function register(repository: Repository, path: string, mark: PoolMark): Promise<string> {
  await announcePooled(repository, mark);
  await mkdir(dirname(path), { recursive: true });
  const lock = ['--lock', '--reason', poolLockReason(mark.id)];
  await git({
    directory: repository.path,
    arguments: ['worktree', 'add', '--no-checkout', '--detach', ...lock, '--', path, mark.commit],
    operation,
    environment: ofPool(mark.id),
  });
  const directory = await adminDirectoryIn(path, operation);
  await markPooled(repository, mark.id, directory);
  return directory;
}

interface Filling {
  readonly id: string;
  readonly path: string;
  readonly directory: string;
  readonly commit: string;
}

/** Checks the files of the commit out, proves that they are all and nothing else is there, and says that it is ready. */
async function fill(
  { repository, signal }: Round,
  { id, path, directory, commit }: Filling,
  settings: CheckoutSettings,
): Promise<void> {
  await git({
    directory: path,
    arguments: ['reset', '--hard', '--no-recurse-submodules', commit],
    operation: 'check out files',
    environment: ofPool(id),
    signal,
    runsPrograms: true,
  });
  await waitForNextSecond(directory, signal);
  const lookedAt = Date.now();
  // Written again now, the index tells of every file by its times alone.
  const environment = { ...ofPool(id), GIT_OPTIONAL_LOCKS: '1' };
  if (!(await isExactly(path, commit, environment, signal))) {
    throw new WardenError('git_failed', { operation, detail: `${path} is not as ${commit} right after its checkout` });
  }
  const now = await settingsOf(repository);
  if (now.fingerprint !== settings.fingerprint) {
    throw new WardenError('git_failed', { operation, detail: 'the settings of git were changed meanwhile' });
  }
  const state: PoolState = { by: null, settings: settings.fingerprint, index: await indexLookOf(directory), lookedAt };
  await rewritePoolMark(directory, { id, commit, state });
}

/** Of files from the second in which the index was written git cannot tell by their times whether they are unchanged. */
async function waitForNextSecond(directory: string, signal: AbortSignal): Promise<void> {
  const written = (await lstat(join(directory, 'index'))).mtimeMs;
  const next = (Math.floor(written / 1000) + 1) * 1000;
  const milliseconds = Math.min(1_000, Math.max(0, next - Date.now()));
  await sleep(milliseconds + 10, undefined, { signal });
}

async function renew(round: Round, entry: PooledEntry, commit: string, settings: CheckoutSettings): Promise<void> {
  const { id } = entry.pool;
  const { path, directory } = entry;
  if (!(await mayGo(round, entry, isNothingLeftIn)) || !(await claim(round, entry))) return;
  try {
    if (await hasOtherAttributes(path, entry.pool.commit, commit)) {
      // Files that are the same in both commits may have to be other files.
      await takeApart(round.repository, id, round.onDiscarded);
      return await prepare(round, commit, settings);
    }
    await fill(round, { id, path, directory, commit }, settings);
  } catch (error) {
    await giveUp(round, id, error);
  }
}

async function hasOtherAttributes(path: string, from: string, to: string): Promise<boolean> {
  const answer = await askGit({
    directory: path,
    arguments: ['diff-tree', '-r', '--quiet', from, to, '--', ':(glob)**/.gitattributes'],
    operation,
  });
  return answer.exitCode !== 0;
}

/** So that a launch need not. One that is not as it was prepared any more is `touched` from now on. */
async function lookAtFiles(round: Round, entry: PooledEntry): Promise<void> {
  const lookedAt = Date.now();
  if (!(await mayGo(round, entry))) return;
  await change(round.repository, entry, (state) => ({ ...entry.pool, state: { ...state, lookedAt } }));
}

async function discard(round: Round, entry: PooledEntry): Promise<void> {
  if (!(await mayGo(round, entry, isNothingLeftIn)) || !(await claim(round, entry))) return;
  await takeApart(round.repository, entry.pool.id, round.onDiscarded);
}

/**
 * Nobody works in it, and nothing is in it that is nowhere else. Otherwise it is `touched` from now on.
 * @param may what else must be, where it is asked for
 */
async function mayGo(
  { repository, isOccupied, signal }: Round,
  entry: PooledEntry,
  may: (entry: PooledEntry) => Promise<boolean> = async () => await Promise.resolve(true),
): Promise<boolean> {
  const { pool, path } = entry;
  if (await isOccupied(path)) return false;
  if ((await isGoneOrOnly(entry, signal)) && (await may(entry))) return true;
  const touched = (state: PreparedState): PoolState => ({ ...state, index: 'touched' });
  await change(repository, entry, (state) => ({ ...pool, state: touched(state) }));
  return false;
}

async function isGoneOrOnly(entry: PooledEntry, signal: AbortSignal): Promise<boolean> {
  return (await unlessMissing(lstat(entry.path))) === null || (await holdsOnly(entry, signal));
}

/**
 * Somebody may have worked in it and taken that back: commits that only its reflog names, submodules that he filled. What
 * it was prepared with before is no work, though no branch may hold that any more.
 */
async function isNothingLeftIn({ pool, path, directory, head }: PooledEntry): Promise<boolean> {
  const isThere = (await unlessMissing(lstat(path))) !== null;
  const environment = ofPool(pool.id);
  const look = { worktreePath: null, adminDirectory: directory, tree: null, below: null, environment };
  if ((await unkeptRepositories(look)).length > 0) return false;
  if (!(await hasWorkInReflog(directory))) return true;
  const index = { directory: isThere ? path : directory, environment: { ...environment, GIT_DIR: directory } };
  return (await leftCommits(index, directory, head)).length === 0;
}

/** All of its files are those of the commit that it was prepared from. */
async function holdsOnly({ head, path, pool }: PooledEntry, signal: AbortSignal): Promise<boolean> {
  return head === pool.commit && (await isExactly(path, pool.commit, ofPool(pool.id), signal));
}

/** @returns whether it is ours now; somebody may have taken it meanwhile */
async function claim({ repository }: Round, entry: PooledEntry): Promise<boolean> {
  const by = await holderOf(randomUUID());
  return await change(repository, entry, () => ({ ...entry.pool, state: { by, run: null } }));
}

/** Rewrites the mark of one that nobody is at. */
async function change(
  repository: Repository,
  { directory, pool }: PooledEntry,
  to: (state: PreparedState) => PoolMark,
): Promise<boolean> {
  return await holdingLock(repository, async () => {
    const now = await adminEntry(directory);
    if (!isPooled(now) || now.pool.id !== pool.id || now.pool.state.by !== null) return false;
    await rewritePoolMark(directory, to(now.pool.state));
    return true;
  });
}

async function giveUp({ repository, endWorkers, onDiscarded }: Round, id: string, error: unknown): Promise<never> {
  const takeBack = async (): Promise<void> => {
    await endWorkers(poolCookie(id));
    await takeApart(repository, id, onDiscarded);
  };
  return await thenThrow(operation, error, takeBack());
}

/** Makes git forget a worktree of the pool, however far its preparation or hand-out got, and puts its folder in the trash. */
async function takeApart(repository: Repository, id: string, onDiscarded: Round['onDiscarded']): Promise<void> {
  const place = pooledPathFor(repository.path, id);
  await holdingLock(repository, async () => {
    const entry = (await adminEntries(repository)).find((one) => isOfPool(one, id, place)) ?? null;
    if (entry !== null) {
      const folders = entry.pool === null ? await foldersOf(entry, unmarked(id)) : await foldersOf(entry, entry.pool);
      for (const folder of folders) {
        await moveToTrash(folder);
        onDiscarded(folder);
      }
      const aside = await setEntryAside(repository, entry);
      await discardEntry(repository, aside);
    }
    // Git makes the folder before it writes what ties it to the entry.
    await removeIfEmpty(place);
    await withdrawPooled(repository, id);
    await removeWorktreesFolderIfEmpty(repository, dirname(place));
  });
}

function isOfPool(entry: AdminEntry, id: string, place: string): boolean {
  if (entry.mark !== null) return false;
  if (entry.pool !== null) return entry.pool.id === id;
  return entry.lockReason === poolLockReason(id) || (entry.lockReason === 'initializing' && entry.path === place);
}

function unmarked(id: string): PoolMark {
  return { id, commit: '', state: { by: null, settings: '', index: '', lookedAt: 0 } };
}

/**
 * Whether a worktree holds the files of a commit and nothing else, ignored files neither: every one is looked at.
 * @param environment of whatever git starts, besides what it has anyway
 */
export async function isExactly(
  path: string,
  commit: string,
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<boolean> {
  const request = {
    directory: path,
    arguments: [...statusArguments, '--ignored=matching'],
    operation: 'look at worktree',
    environment,
    ...(signal === undefined ? {} : { signal }),
  };
  const answer = await askGit(request).catch((error: unknown) => {
    if (isWardenError(error, 'git_failed')) return null;
    throw error;
  });
  if (answer === null) return false;
  const { tracked, untracked } = countedFiles(answer.output);
  return (
    isWholeStatus(answer) &&
    tracked + untracked === 0 &&
    answer.output.toString('utf8').startsWith(`# branch.oid ${commit}\0`)
  );
}

function ofPool(id: string): Record<string, string> {
  return { WARDEN_RUN_ID: poolCookie(id) };
}
