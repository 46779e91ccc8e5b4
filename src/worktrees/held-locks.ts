import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { HeldLock } from '../core/critical-section.ts';
import type { PossibleHolder } from '../core/ports/worktrees.ts';
import { adminDirectoryOf } from './admin-entries.ts';
import { inBatches } from './in-batches.ts';
import { unlessMissing } from './system-failure.ts';

/**
 * Lock files of git in a worktree (of its index, its HEAD and the branch that is checked out) that one of some processes
 * uses. Git closes a lock file before it is done with it, so a git that works there counts too.
 */
export async function locksHeldBy(worktreePath: string, processes: readonly PossibleHolder[]): Promise<HeldLock[]> {
  if (process.platform !== 'linux') return [];
  const admin = await adminDirectoryOf(worktreePath);
  if (admin === null) return [];
  const locks = await presentLocks(admin);
  if (locks.length === 0) return [];
  const here = [admin, await realpath(worktreePath)];
  const held: HeldLock[] = [];
  for (const { pid, isLockingGit } of processes) {
    const open = await openFilesOf(pid);
    const isAtWork = isLockingGit && isBelow(await workingDirectoryOf(pid), here);
    for (const path of locks) if (isAtWork || open.has(path)) held.push({ path, pid });
  }
  return held;
}

async function presentLocks(admin: string): Promise<string[]> {
  const possible = [join(admin, 'index.lock'), join(admin, 'HEAD.lock')];
  const head = (await unlessMissing(readFile(join(admin, 'HEAD'), 'utf8'))) ?? '';
  if (head.startsWith('ref: ')) {
    const common = resolve(admin, (await readFile(join(admin, 'commondir'), 'utf8')).trim());
    possible.push(`${join(await realpath(common), head.slice('ref: '.length).trim())}.lock`);
  }
  const facts = await Promise.all(possible.map((path) => unlessMissing(lstat(path))));
  return possible.filter((_, index) => facts[index]?.isFile() === true);
}

function isBelow(directory: string | null, folders: readonly string[]): boolean {
  return directory !== null && folders.some((folder) => directory === folder || directory.startsWith(folder + sep));
}

/** Null for a process that is gone, or may not be looked into. */
function workingDirectoryOf(pid: number): Promise<string | null> {
  return readlink(`/proc/${pid}/cwd`).catch(() => null);
}

async function openFilesOf(pid: number): Promise<ReadonlySet<string>> {
  const directory = `/proc/${pid}/fd`;
  const targets = new Set<string>();
  await inBatches(await readdir(directory).catch(() => []), 16, async (descriptor) => {
    const target = await readlink(`${directory}/${descriptor}`).catch(() => null);
    if (target !== null) targets.add(target);
  });
  return targets;
}
