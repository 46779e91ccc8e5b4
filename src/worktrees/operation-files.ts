import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { askGit, gitFailure } from './git.ts';
import { unlessMissing } from './system-failure.ts';
import type { TemporaryIndex } from './temporary-index.ts';
import { writingBlobs } from './writing-blobs.ts';

/** Folders in git's folder for a worktree that hold what an operation still has to do: a plan, patches, messages. */
const folders = ['rebase-merge', 'rebase-apply', 'sequencer'];

/**
 * What git has written down for an operation that is under way, as objects: a patch of `git am` may be nowhere else.
 * @returns lines in the form of `git ls-files --stage`; none where no such operation is under way
 */
export async function operationFiles(index: TemporaryIndex, adminDirectory: string): Promise<string[]> {
  const names = await namesIn(adminDirectory);
  if (names.length === 0) return [];
  const paths = names.map((name) => Buffer.from(join(adminDirectory, name)).toString('latin1'));
  const request = writingBlobs(index, paths);
  const answer = await askGit(request);
  if (answer.exitCode !== 0) {
    // A run that goes on has brought it further meanwhile.
    if ((await namesIn(adminDirectory)).join('\n') !== names.join('\n')) return [];
    throw await gitFailure(request, answer);
  }
  const objects = answer.output.toString('latin1').split('\n');
  return names.map((name, position) => `100644 ${objects[position]} 0\t${name}`);
}

async function namesIn(adminDirectory: string): Promise<string[]> {
  const names: string[] = [];
  for (const folder of folders) {
    const entries = (await unlessMissing(readdir(join(adminDirectory, folder), { withFileTypes: true }))) ?? [];
    names.push(...entries.filter((entry) => entry.isFile()).map(({ name }) => `${folder}/${name}`));
  }
  return names;
}
