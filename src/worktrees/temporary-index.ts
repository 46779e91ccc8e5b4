import { randomUUID } from 'node:crypto';
import { constants, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, lstat, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminEntry } from './admin-entries.ts';
import { exactSettings } from './exact-settings.ts';
import { askGit, git, partsBeginningWith } from './git.ts';
import { inBatches } from './in-batches.ts';
import { holderOf, isGone, parseHolder } from './lock-holder.ts';
import { rawJoin } from './raw-path.ts';
import { removeTree } from './remove-tree.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/** Written to the disk, not only to its cache, since what they were made from may go next. */
export const durable = ['-c', 'core.fsync=loose-object,reference', '-c', 'core.fsyncMethod=batch'];

const prefix = 'warden-index-';

/** Beside the copy: whose it is. */
const holderFile = 'holder';

/** Whoever has not said by then whose the folder is died before it could. */
const longestNamingMilliseconds = 60_000;

/** A copy of a worktree's index that may be changed without the worktree noticing. */
export interface TemporaryIndex {
  readonly directory: string;
  /** What makes git use the copy, in this worktree, and look exactly. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Copies the index, which also tells git which files it need not read again, and removes the copy afterwards.
 * @param worktreePath null when the folder has gone
 * @param more of the environment of whatever git starts
 */
export async function withTemporaryIndex<Result>(
  entry: AdminEntry,
  worktreePath: string | null,
  task: (index: TemporaryIndex) => Promise<Result>,
  more: Readonly<Record<string, string>> = {},
): Promise<Result> {
  await removeAbandonedIndexes(entry);
  const token = randomUUID();
  const folder = join(entry.directory, `${prefix}${token}`);
  const file = join(folder, 'index');
  const holder = JSON.stringify(await holderOf(token));
  try {
    makeHeld(folder, holder);
    await copyIndex(join(entry.directory, 'index'), file);
    const environment = { ...more, GIT_DIR: entry.directory, GIT_INDEX_FILE: file };
    return await task(
      worktreePath === null
        ? { directory: entry.directory, environment }
        : {
            directory: worktreePath,
            environment: { ...environment, ...(await exactSettings(worktreePath)), GIT_WORK_TREE: worktreePath },
          },
    );
  } finally {
    await removeTree(folder);
  }
}

/** In one go: of a process that dies between the two nobody could say for a while that it is gone. */
function makeHeld(folder: string, holder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, holderFile), holder, { flag: 'wx' });
}

/**
 * Removes the copies that whoever made them did not live to remove. One into which an orphaned git writes stays until
 * the next time.
 */
export async function removeAbandonedIndexes(entry: AdminEntry): Promise<void> {
  for (const name of (await unlessMissing(readdir(entry.directory))) ?? []) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(entry.directory, name);
    if (!(await isAbandoned(folder))) continue;
    await removeTree(folder).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOTEMPTY') throw error;
    });
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  const holder = parseHolder((await unlessMissing(readFile(join(folder, holderFile), 'utf8'))) ?? '');
  if (holder !== null) return await isGone(holder);
  const facts = await unlessMissing(lstat(folder));
  return facts !== null && Date.now() - facts.mtimeMs > longestNamingMilliseconds;
}

/**
 * Git trusts what the index remembers of a file only if the file is older than the index, to the second. A copy that
 * looked younger than its original would make git miss changes of the second in which the original was written.
 */
async function copyIndex(original: string, copy: string): Promise<void> {
  const facts = await unlessMissing(lstat(original));
  if (facts === null) return;
  await copyFile(original, copy, constants.COPYFILE_FICLONE);
  const second = Math.floor(facts.mtimeMs / 1000);
  await utimes(copy, second, second);
}

/**
 * Takes back the promises `--assume-unchanged` and `--skip-worktree`, by which git would not look at a file and its
 * changes would be missed. Files that a sparse checkout left out keep theirs.
 */
export async function lookAtEveryFile(index: TemporaryIndex): Promise<void> {
  const operation = 'keep work';
  const { directory, environment } = index;
  const listed = await git({ directory, environment, arguments: ['ls-files', '-v', '-z'], operation });
  // Small letters are for what is assumed to be unchanged, S for what is skipped.
  const tagged = (tag: string) => partsBeginningWith(`${tag} `, listed);
  const assumed = [...tagged('h'), ...tagged('m'), ...tagged('s')];
  const skipped = [...tagged('S'), ...tagged('s')];
  const isSparse = skipped.length > 0 && (await isSparseCheckout(index));
  const present: string[] = [];
  await inBatches(skipped, 64, async (name) => {
    const path = rawJoin(Buffer.from(directory), Buffer.from(name, 'latin1'));
    if (!isSparse || (await unlessMissing(lstat(path))) !== null) present.push(name);
  });
  await clearFlag(index, '--no-assume-unchanged', assumed);
  await clearFlag(index, '--no-skip-worktree', present);
}

/** Where it is not, somebody deleted what is not there. */
async function isSparseCheckout(index: TemporaryIndex): Promise<boolean> {
  const asked = ['config', '--type=bool', '--get', 'core.sparseCheckout'];
  const answer = await askGit({ ...index, arguments: asked, operation: 'keep work' });
  return answer.output.toString('utf8').trim() === 'true';
}

async function clearFlag(index: TemporaryIndex, option: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await git({
    ...index,
    arguments: ['update-index', option, '-z', '--stdin'],
    input: Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1'),
    operation: 'keep work',
  });
}
