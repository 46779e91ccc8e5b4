import { randomUUID } from 'node:crypto';
import { askGit, git, gitText, nulSeparated } from './git.ts';
import { durable, type TemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/** What an index holds. Names and lines are a byte per character. */
export interface StagedState {
  /** Of all that is merged; null where an object of it is missing. */
  readonly tree: string | null;
  /** Lines of `git ls-files --stage` for what is not: several versions of one file. */
  readonly unmerged: readonly string[];
  /** Names that are only to be added (`git add --intent-to-add`), which no tree holds. */
  readonly intended: readonly string[];
  /** Names of files that are not what the index says, or were only written again. */
  readonly touched: readonly string[];
}

export async function stagedState(index: TemporaryIndex): Promise<StagedState> {
  const list = async (...parameters: string[]): Promise<string[]> =>
    nulSeparated(await git({ ...index, arguments: [...parameters, '-z'], operation }), 'latin1');
  const unmerged = await list('ls-files', '--unmerged');
  const differing = await list('diff-files', '--name-status', '--no-renames');
  const named = (...statuses: string[]): string[] =>
    differing.filter((_, position) => position % 2 === 1 && statuses.includes(differing[position - 1] ?? ''));
  const [intended, touched] = [named('A'), named('M', 'T')];
  if (unmerged.length > 0) {
    const merged = (await list('ls-files', '--stage')).filter((line) =>
      / 0\t/.test(line.slice(0, line.indexOf('\t') + 1)),
    );
    const isIntended = new Set(intended);
    const held = merged.filter((line) => !isIntended.has(line.slice(line.indexOf('\t') + 1)));
    return { tree: await treeOf(index, held), unmerged, intended, touched };
  }
  const answer = await askGit({ ...index, arguments: [...durable, 'write-tree'], operation });
  const tree = answer.exitCode === 0 ? answer.output.toString('utf8').trim() : null;
  return { tree, unmerged, intended, touched };
}

/** The tree of some lines in the form of `git ls-files --stage`. */
export async function treeOf(index: TemporaryIndex, lines: readonly string[]): Promise<string> {
  // Beside the copy, with which it goes.
  const file = `${index.environment['GIT_INDEX_FILE']}-${randomUUID()}`;
  const another = { ...index, environment: { ...index.environment, GIT_INDEX_FILE: file }, operation };
  if (lines.length > 0) {
    const input = Buffer.from(lines.map((line) => `${line}\0`).join(''), 'latin1');
    await git({ ...another, arguments: ['update-index', '-z', '--index-info'], input });
  }
  return await gitText({ ...another, arguments: [...durable, 'write-tree'] });
}
