import { askGit, gitFailure, gitText } from './git.ts';
import { durable, type TemporaryIndex } from './temporary-index.ts';

const operation = 'keep work';

/**
 * Git gives up when a file vanishes under its hands. Of a run that makes and deletes files as fast as it can about every
 * second try was seen to fail.
 */
const mostTries = 12;

export interface WorkingTree {
  readonly tree: string;
  /** Repositories of their own that have no commit yet, by which git could name them: they are not in the tree. */
  readonly withoutCommit: readonly string[];
}

/**
 * The tree of all files of a worktree that git does not ignore. They are added to the index, which is a copy.
 * @throws WardenError git_failed, disk_full
 */
export async function workingTree(index: TemporaryIndex): Promise<WorkingTree> {
  const addition = {
    ...index,
    arguments: [...durable, 'add', '--all', '--sparse', '--ignore-errors'],
    operation,
  };
  for (let tries = 1; ; tries += 1) {
    const answer = await askGit(addition);
    const { exitCode, words } = answer;
    const withoutCommit = repositoriesWithoutCommit(words);
    // Git skips folders that it may not read, with a warning and success.
    const isWhole = !/^warning: could not open directory/m.test(words);
    if (isWhole && (exitCode === 0 || isAllThatFailed(words, withoutCommit))) {
      const tree = await gitText({ ...index, arguments: [...durable, 'write-tree'], operation });
      return { tree, withoutCommit };
    }
    if (tries === mostTries || !/No such file or directory|short read|unable to stat/.test(words)) {
      throw await gitFailure(addition, answer);
    }
  }
}

function repositoriesWithoutCommit(words: string): string[] {
  return [...words.matchAll(/^error: '(.+?)\/?' does not have a commit checked out$/gm)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
}

/** Of each git tells so, and then that it could not add it. */
function isAllThatFailed(words: string, withoutCommit: readonly string[]): boolean {
  const errors = words.split('\n').filter((line) => /^(error|fatal): /.test(line));
  const known = errors.filter((line) => withoutCommit.some((name) => line.includes(`'${name}`)));
  return withoutCommit.length > 0 && known.length === errors.length;
}
