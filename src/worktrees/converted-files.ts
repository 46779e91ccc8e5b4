import { askGit, git, nulSeparated } from './git.ts';
import type { TemporaryIndex } from './temporary-index.ts';
import { writingBlobs } from './writing-blobs.ts';

const operation = 'keep work';

/** By these git may keep other bytes of a file than it has (gitattributes(5)). */
const converting = ['text', 'crlf', 'eol', 'ident', 'filter', 'working-tree-encoding'];

interface ChangedBlob {
  readonly mode: string;
  readonly object: string;
  /** A byte per character. */
  readonly name: string;
}

/**
 * Changed files of which a tree does not hold the bytes, since git converts line endings, encodings and the like, and
 * would not always convert them back to what they were. Their bytes are written as objects. Files of Git LFS are left out:
 * it gives them back.
 * @param index which holds the tree of all files
 * @param names of changed files
 * @returns lines in the form of `git ls-files --stage`
 */
export async function convertedFiles(index: TemporaryIndex, names: ReadonlySet<string>): Promise<string[]> {
  const suspects = await blobsOf(index, await whereConverting(index, names));
  if (suspects.length === 0) return [];
  const request = writingBlobs(
    index,
    suspects.map(({ name }) => name),
  );
  const answer = await askGit(request);
  // A file went meanwhile: before a removal that is found out, and otherwise what git holds of the others is enough.
  if (answer.exitCode !== 0) return [];
  const objects = answer.output.toString('latin1').split('\n');
  return suspects.flatMap(({ mode, object, name }, position) => {
    const raw = objects[position];
    return raw === undefined || raw === object ? [] : [`${mode} ${raw} 0\t${name}`];
  });
}

async function blobsOf(index: TemporaryIndex, names: ReadonlySet<string>): Promise<ChangedBlob[]> {
  if (names.size === 0) return [];
  const listed = await git({ ...index, arguments: ['ls-files', '--stage', '-z'], operation });
  return nulSeparated(listed, 'latin1').flatMap((line) => {
    const [, mode, object, name] = /^(100\d+) ([0-9a-f]+) 0\t([^]*)$/.exec(line) ?? [];
    const isMeant = mode !== undefined && object !== undefined && name !== undefined && names.has(name);
    return isMeant ? [{ mode, object, name }] : [];
  });
}

async function whereConverting(index: TemporaryIndex, names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (names.size === 0) return names;
  const told = await git({
    ...index,
    arguments: ['check-attr', '-z', '--stdin', ...converting],
    input: Buffer.from([...names].map((name) => `${name}\0`).join(''), 'latin1'),
    operation,
  });
  const parts = nulSeparated(told, 'latin1');
  const [set, lossless] = [new Set<string>(), new Set<string>()];
  for (let start = 0; start + 2 < parts.length; start += 3) {
    const [name = '', , value = ''] = parts.slice(start, start + 3);
    if (value === 'lfs') lossless.add(name);
    else if (value !== 'unspecified' && value !== 'unset') set.add(name);
  }
  const bySetting = await askGit({ ...index, arguments: ['config', '--get', 'core.autocrlf'], operation });
  const isSet = bySetting.exitCode === 0 && bySetting.output.toString('utf8').trim() !== 'false';
  return new Set([...(isSet ? names : set)].filter((name) => !lossless.has(name)));
}
