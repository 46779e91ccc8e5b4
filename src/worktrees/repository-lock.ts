import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type FileHandle, link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WardenError } from '../core/errors.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { type InTurns, inTurns } from './in-turns.ts';
import { holderOf, isGone, type LockHolder, parseHolder } from './lock-holder.ts';
import { systemCode, systemFailure, unlessMissing } from './system-failure.ts';

/** How long one and the same holder is waited for, in milliseconds. It needs some tens of them. */
const patience = 60_000;

const turnsByLock = new Map<string, InTurns>();

/**
 * Runs a task while nobody else who asks here changes the repository's worktrees: one at a time within this process and
 * across all processes of the machine. A holder that died is taken over from.
 * @throws WardenError git_failed when the same living holder does not let go for a minute, disk_full
 */
export async function holdingLock<Result>(
  repository: Repository,
  task: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const lock = lockFileOf(repository);
  const turns = turnsByLock.get(lock) ?? inTurns(1);
  turnsByLock.set(lock, turns);
  return await turns(async () => {
    const release = await acquire(lock, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw systemFailure('lock repository', lock, error);
    });
    try {
      return await task();
    } finally {
      await release();
    }
  }, signal);
}

/** Removes the lock of a holder who died, and what is left of those who waited; otherwise the next one who needs it does. */
export async function releaseAbandoned(repository: Repository): Promise<void> {
  const lock = lockFileOf(repository);
  const reading = await read(lock);
  if (reading?.isGone === true) await holdingLock(repository, () => Promise.resolve());
  // A link after somebody is part of the protocol, and only whoever holds the lock may remove it.
  else await sweep(lock, 'of-');
}

export function lockFileOf(repository: Repository): string {
  return join(repository.gitDirectory, 'warden.lock');
}

/**
 * The protocol. The lock is a file that appears whole and at once, as a hard link to one that was written before; it
 * names its holder by a token that is used once. To follow a holder that died one must first be the only one to link
 * `warden.lock.after-<its token>`, then find that nothing before it has changed meanwhile, and only then rename that
 * link over the lock. Whoever comes second finds a living holder of that link and waits; should that one die too, the
 * same is done after its token. Tokens are never used again, so a latecomer's link is after nobody and does no harm.
 */
async function acquire(lock: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  const holder = await holderOf(randomUUID());
  const ours = `${lock}.of-${holder.token}`;
  const folder = await openFolder(dirname(lock));
  const remove = async (...files: string[]): Promise<void> => {
    try {
      for (const file of files) await rm(join(folder.whereItIs, basename(file)), { force: true });
    } finally {
      await folder.handle?.close();
    }
  };
  try {
    // In one go: of a process that dies in the middle nobody could say for a while that it is gone.
    writeFileSync(ours, JSON.stringify(holder), { flag: 'wx', mode: 0o644 });
    await waitFor(lock, ours, signal);
  } catch (error) {
    await remove(ours);
    throw error;
  }
  await sweep(lock);
  return async () => await remove(lock, ours);
}

/**
 * A repository that is moved while its lock is held takes the lock along, and nobody could take it over while we live. An
 * open folder leads to where it is: on Linux alone.
 */
async function openFolder(path: string): Promise<{ readonly whereItIs: string; readonly handle: FileHandle | null }> {
  if (process.platform !== 'linux') return { whereItIs: path, handle: null };
  const handle = await open(path);
  return { whereItIs: `/proc/self/fd/${handle.fd}`, handle };
}

async function waitFor(lock: string, ours: string, signal: AbortSignal | undefined): Promise<void> {
  let seen: string | null = null;
  let since = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const holder = await attempt(lock, ours);
    if (holder === 'us') return;
    if (holder === null || holder.token !== seen) since = performance.now();
    seen = holder?.token ?? null;
    if (holder !== null && performance.now() - since > patience) {
      throw new WardenError('git_failed', {
        operation: 'lock repository',
        detail: `${lock} has been held by process ${holder.pid} on ${holder.host} for a minute`,
      });
    }
    await sleep(5 + Math.random() * 15, undefined, signal === undefined ? {} : { signal });
  }
}

/** @returns `us`, or the living process to wait for, or null when things changed on the way: try again */
async function attempt(lock: string, ours: string): Promise<LockHolder | 'us' | null> {
  const gone: { readonly file: string; readonly token: string }[] = [];
  let file = lock;
  for (;;) {
    if (await linked(ours, file)) {
      if (gone.length === 0) return 'us';
      return (await follow(lock, file, gone)) ? 'us' : null;
    }
    const holder = await read(file);
    if (holder === null) return null;
    if (!holder.isGone) return holder.holder;
    gone.push({ file, token: holder.token });
    file = `${lock}.after-${holder.token}`;
  }
}

async function linked(existing: string, file: string): Promise<boolean> {
  try {
    await link(existing, file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The last step of taking over, for the one whose link is `file`. */
async function follow(lock: string, file: string, gone: Parameters<typeof areStillThere>[0]): Promise<boolean> {
  try {
    if (!(await areStillThere(gone))) return false;
    await rename(file, lock);
    return true;
  } finally {
    await rm(file, { force: true });
  }
}

async function areStillThere(gone: readonly { readonly file: string; readonly token: string }[]): Promise<boolean> {
  for (const { file, token } of gone) {
    if ((await read(file))?.token !== token) return false;
  }
  return true;
}

type Reading = { readonly token: string } & (
  | { readonly isGone: true }
  | { readonly isGone: false; readonly holder: LockHolder }
);

async function read(file: string): Promise<Reading | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === null) return null;
  const holder = parseHolder(text);
  if (holder !== null) {
    return (await isGone(holder))
      ? { token: holder.token, isGone: true }
      : { token: holder.token, isGone: false, holder };
  }
  // A lock appears whole, so this one lost its content with the machine's power.
  const facts = await unlessMissing(stat(file));
  return facts === null ? null : { token: `torn-${facts.ino}-${facts.mtimeMs}`, isGone: true };
}

/**
 * Removes what processes that died while they waited left of that. Whoever does not hold the lock sweeps `of-` alone: the
 * links after somebody are those of who is taking over. A file without a holder in it is one that is being written right now, unless it is old.
 */
async function sweep(lock: string, which: 'of-' | '' = ''): Promise<void> {
  const prefix = `${basename(lock)}.${which}`;
  try {
    for (const name of await readdir(dirname(lock))) {
      if (name.startsWith(prefix)) await removeIfLeft(join(dirname(lock), name));
    }
  } catch {
    // Tidiness only: whatever it cannot read or remove is in nobody's way.
  }
}

async function removeIfLeft(file: string): Promise<void> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  const holder = parseHolder(text ?? '');
  const isLeft = holder === null ? await isOld(file) : await isGone(holder);
  if (isLeft) await rm(file, { force: true });
}

async function isOld(file: string): Promise<boolean> {
  const facts = await unlessMissing(stat(file));
  return facts !== null && Date.now() - facts.mtimeMs > patience;
}
