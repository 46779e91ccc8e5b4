import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitTree } from './checkpoint-commit.ts';
import { askGit, git, gitText, nulSeparated } from './git.ts';
import { operationFiles } from './operation-files.ts';
import { type StagedState, treeOf } from './staged-state.ts';
import { unlessMissing } from './system-failure.ts';
import type { TemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/** Where git names, in its folder for a worktree, the commits that an operation under way works on, one a line. */
const commitFiles = [
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'rebase-merge/orig-head',
  'rebase-merge/stopped-sha',
  'rebase-apply/orig-head',
  'BISECT_HEAD',
  'sequencer/head',
];

/** What was changed before the operation began and comes back at its end: it is nowhere else. */
const setAsideFiles = ['MERGE_AUTOSTASH', 'rebase-merge/autostash', 'rebase-apply/autostash'];

/**
 * What of a worktree's state no tree of its files can hold, as a commit: the versions of what is not merged (`stages/1`
 * to `stages/3`), names that are only to be added (`intended`), the bytes of files that git holds converted (`bytes`),
 * what git has written down for an operation (`operation`), and as its parents the commits that a git operation under way
 * works on and those that HEAD has left, so that they stay as long as it does.
 */
export interface KeptState {
  /** Null where there is nothing of it. */
  readonly commit: string | null;
  /** Some of it is work that is nowhere else. */
  readonly isWork: boolean;
}

/**
 * @param left see leftCommits
 * @param converted see convertedFiles
 */
export async function keepState(
  index: TemporaryIndex,
  adminDirectory: string,
  { unmerged, intended }: StagedState,
  { left, converted }: { readonly left: readonly string[]; readonly converted: readonly string[] },
  title: string,
): Promise<KeptState> {
  const [operated, setAside] = await Promise.all(
    [commitFiles, setAsideFiles].map(async (files) => await commitsNamedIn(index, adminDirectory, files)),
  );
  const plan = await operationFiles(index, adminDirectory);
  const parents = [...new Set([...(operated ?? []), ...(setAside ?? []), ...left])];
  const isWork = unmerged.length + intended.length + left.length + plan.length + (setAside?.length ?? 0) > 0;
  if (!isWork && parents.length + converted.length === 0) return { commit: null, isWork };
  const lines = unmerged.map((line) => {
    const [, entry = '', stage = '', name = ''] = /^(.*) ([123])\t([^]*)$/.exec(line) ?? [];
    return `${entry} 0\tstages/${stage}/${name}`;
  });
  lines.push(...plan.map((line) => line.replace('\t', '\toperation/')));
  lines.push(...converted.map((line) => line.replace('\t', '\tbytes/')));
  if (intended.length > 0) lines.push(`100644 ${await blobOf(index, intended)} 0\tintended`);
  return { commit: await commitTree(index, await treeOf(index, lines), parents, title, 'same each time'), isWork };
}

/** What of it a restored worktree takes. Names and lines are a byte per character. */
export async function readKeptState(
  directory: string,
  commit: string,
): Promise<Pick<StagedState, 'unmerged' | 'intended'> & { readonly converted: readonly string[] }> {
  const listed = await git({ directory, arguments: ['ls-tree', '-r', '-z', commit], operation: 'read checkpoint' });
  const unmerged: string[] = [];
  let intended: string[] = [];
  const converted: string[] = [];
  for (const line of nulSeparated(listed, 'latin1')) {
    const [, mode, object, stage, name] = /^(\d+) \w+ ([0-9a-f]+)\tstages\/([123])\/([^]*)$/.exec(line) ?? [];
    if (mode !== undefined) unmerged.push(`${mode} ${object} ${stage}\t${name}`);
    const [, kind, bytes, of] = /^(\d+) blob ([0-9a-f]+)\tbytes\/([^]*)$/.exec(line) ?? [];
    if (kind !== undefined) converted.push(`${kind} ${bytes} 0\t${of}`);
    const [, names] = /^\d+ blob ([0-9a-f]+)\tintended$/.exec(line) ?? [];
    if (names === undefined) continue;
    const text = await git({ directory, arguments: ['cat-file', 'blob', names], operation: 'read checkpoint' });
    intended = nulSeparated(text, 'latin1');
  }
  return { unmerged, intended, converted };
}

async function blobOf(index: TemporaryIndex, names: readonly string[]): Promise<string> {
  const input = Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1');
  return await gitText({ ...index, arguments: ['hash-object', '-w', '--stdin'], input, operation });
}

async function commitsNamedIn(
  index: TemporaryIndex,
  adminDirectory: string,
  files: readonly string[],
): Promise<string[]> {
  const commits: string[] = [];
  for (const name of files) {
    const file = join(adminDirectory, name);
    if ((await unlessMissing(lstat(file)))?.isFile() !== true) continue;
    for (const line of ((await unlessMissing(readFile(file, 'utf8'))) ?? '').split('\n')) {
      if (!/^[0-9a-f]{40,64}$/.test(line)) continue;
      const there = await askGit({ ...index, arguments: ['cat-file', '-e', `${line}^{commit}`], operation });
      if (there.exitCode === 0) commits.push(line);
    }
  }
  return commits;
}
