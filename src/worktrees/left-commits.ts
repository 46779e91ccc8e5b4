import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askGit, git, gitText } from './git.ts';
import { asWritten } from './git-environment.ts';
import { namesInReflog } from './reflog.ts';
import { unlessMissing } from './system-failure.ts';
import type { TemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/** Refs that each worktree has of its own (gitrepository-layout(5)): they go with it. */
const ownRefs = ['refs/worktree', 'refs/bisect', 'refs/rewritten'];

/**
 * Commits that only git's own folder for a worktree names, and which go with it: those that HEAD has left, by its reflog,
 * as after an amendment, a rebase, a reset, or on no branch; and those of the worktree's own refs.
 * @param head what is kept anyway
 * @returns of those that no branch, remote's branch or tag holds the ones that hold all others, in the order of their names
 * @throws WardenError git_failed
 */
export async function leftCommits(
  index: TemporaryIndex,
  adminDirectory: string,
  head: string | null,
): Promise<string[]> {
  const named = [
    await inReflog(index, adminDirectory),
    await inOwnRefs(index, adminDirectory),
    await beforeLastMove(adminDirectory),
  ].flat();
  const left = [...new Set(named)].filter((commit) => commit !== head);
  if (left.length === 0) return [];
  const held = ['--not', ...(head === null ? [] : [head]), '--branches', '--tags', '--remotes', '--'];
  const listed = await gitText({
    ...index,
    environment: { ...index.environment, ...asWritten },
    arguments: ['rev-list', '--parents', '--ignore-missing', '--stdin', ...held],
    input: Buffer.from(`${left.join('\n')}\n`),
    operation,
  });
  const lines = listed.split('\n').filter((line) => line !== '');
  const parents = new Set(lines.flatMap((line) => line.split(' ').slice(1)));
  return lines
    .flatMap((line) => line.split(' ', 1))
    .filter((commit) => !parents.has(commit))
    .sort();
}

async function inReflog(index: TemporaryIndex, adminDirectory: string): Promise<string[]> {
  const names = await namesInReflog(adminDirectory);
  if (names.length > 0) return names;
  // Reflogs need not be files.
  const walk = ['rev-list', '--walk-reflogs', '--ignore-missing', 'HEAD', '--'];
  const answer = await askGit({ ...index, arguments: walk, operation });
  return answer.exitCode === 0 ? namesIn(answer.output) : [];
}

/** Mostly there are none, which their folders tell, where refs are files. */
async function inOwnRefs(index: TemporaryIndex, adminDirectory: string): Promise<string[]> {
  const places = [...ownRefs, 'reftable'].map(async (name) => await unlessMissing(lstat(join(adminDirectory, name))));
  if ((await Promise.all(places)).every((place) => place === null)) return [];
  const format = '--format=%(if:equals=commit)%(objecttype)%(then)%(objectname)%(else)%(*objectname)%(end)';
  return namesIn(await git({ ...index, arguments: ['for-each-ref', format, ...ownRefs], operation }));
}

/** Git writes that down even where it keeps no reflogs. */
async function beforeLastMove(adminDirectory: string): Promise<string[]> {
  return namesIn((await unlessMissing(readFile(join(adminDirectory, 'ORIG_HEAD')))) ?? Buffer.of());
}

function namesIn(output: Buffer): string[] {
  return output
    .toString('latin1')
    .split('\n')
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}
