import type { Repository } from '../core/ports/worktrees.ts';
import { askGit, gitText } from './git.ts';
import { asWritten } from './git-environment.ts';

/** Branches that others' work is merged into, beside what the main checkout is at. */
const mainBranches = ['main', 'master'];

const mainRefs = [
  'refs/remotes/origin/HEAD',
  ...mainBranches.flatMap((name) => [`refs/heads/${name}`, `refs/remotes/origin/${name}`]),
];

/** Where either side has more commits since they parted, nothing is looked for. */
const mostCommits = 1_000;

/** For all of it, in one repository. */
const limitMilliseconds = 5_000;

const operation = 'look for merged work';

/** Of the synthetic commit: the same each time, so that there is one however often it is asked for. */
const nobody = {
  GIT_AUTHOR_NAME: 'Workflow Warden',
  GIT_AUTHOR_EMAIL: 'workflow-warden@localhost',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'Workflow Warden',
  GIT_COMMITTER_EMAIL: 'workflow-warden@localhost',
  GIT_COMMITTER_DATE: '@0 +0000',
};

/**
 * Whether a main branch has what a commit changed since they parted, though not its commits: rebased or picked one by one,
 * or squashed into one. Only what is proved counts: what cannot be told in time does not.
 */
export async function isMergedOtherwise(repository: Repository, tip: string): Promise<boolean> {
  const signal = AbortSignal.timeout(limitMilliseconds);
  try {
    const ask = asking(repository, signal);
    for (const main of await mainCommits(ask)) if (await isMergedInto(ask, main, tip)) return true;
    return false;
  } catch {
    return false;
  }
}

type Ask = (parameters: readonly string[], environment?: Readonly<Record<string, string>>) => Promise<string | null>;

/** @returns null where git says no */
function asking(repository: Repository, signal: AbortSignal): Ask {
  return async (parameters, environment = {}) => {
    const answer = await askGit({
      directory: repository.path,
      arguments: parameters,
      operation,
      environment: { ...asWritten, ...environment },
      signal,
    });
    return answer.exitCode === 0 ? answer.output.toString('utf8').trim() : null;
  };
}

async function mainCommits(ask: Ask): Promise<ReadonlySet<string>> {
  const head = await ask(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const refs = await ask(['for-each-ref', '--format=%(objectname)', ...mainRefs]);
  return new Set([...(head ?? '').split('\n'), ...(refs ?? '').split('\n')].filter((commit) => commit !== ''));
}

async function isMergedInto(ask: Ask, main: string, tip: string): Promise<boolean> {
  const base = await ask(['merge-base', main, tip]);
  if (base === null || base === tip) return false;
  const trees = await ask(['rev-parse', `${base}^{tree}`, `${tip}^{tree}`]);
  const [before, after] = trees?.split('\n') ?? [];
  // What was changed and changed back is nowhere.
  if (before === undefined || after === undefined || before === after) return false;
  const [theirs, own] = [await commitsBetween(ask, base, main), await commitsBetween(ask, base, tip)];
  if (theirs === null || own === null || theirs.length === 0) return false;
  if (theirs.some(({ tree }) => tree === after)) return true;
  // A merge on the branch may hold changes of its own.
  if (own.every(({ isMerge }) => !isMerge) && (await areAllIn(ask, main, tip, own.length))) return true;
  const squashed = await ask(['commit-tree', after, '-p', base, '-m', 'squashed'], nobody);
  return squashed !== null && (await areAllIn(ask, main, squashed, 1));
}

interface Commit {
  readonly tree: string;
  readonly isMerge: boolean;
}

/** @returns null where there are too many */
async function commitsBetween(ask: Ask, base: string, tip: string): Promise<readonly Commit[] | null> {
  const listed = await ask(['log', `--max-count=${mostCommits + 1}`, '--format=%T %P', tip, '--not', base, '--']);
  const lines = (listed ?? '').split('\n').filter((line) => line !== '');
  if (listed === null || lines.length > mostCommits) return null;
  return lines.map((line) => {
    const [tree = '', ...parents] = line.split(' ');
    return { tree, isMerge: parents.length > 1 };
  });
}

/** Whether for each commit there is one on the main branch with the same patch. */
async function areAllIn(ask: Ask, main: string, tip: string, count: number): Promise<boolean> {
  const listed = await ask(['cherry', main, tip]);
  const lines = (listed ?? '').split('\n').filter((line) => line !== '');
  return lines.length === count && lines.every((line) => line.startsWith('- '));
}

/** Whether a checkpoint of the run holds the commit, so that it stays when its branch goes. */
export async function isInCheckpoint(repository: Repository, runId: string, commit: string): Promise<boolean> {
  const refs = await gitText({
    directory: repository.path,
    arguments: ['for-each-ref', `--contains=${commit}`, '--count=1', `refs/warden/checkpoints/${runId}/`],
    operation,
    environment: asWritten,
  });
  return refs !== '';
}

/** Remembers what was found: a commit and the main branches that it was looked for in do not change. */
export class KnownMerges {
  readonly #known = new Map<string, Promise<boolean>>();

  async has(repository: Repository, tip: string): Promise<boolean> {
    const mains = await mainCommits(asking(repository, AbortSignal.timeout(limitMilliseconds))).catch(() => null);
    if (mains === null) return false;
    const key = [repository.gitDirectory, tip, ...mains].join(' ');
    const found = this.#known.get(key) ?? isMergedOtherwise(repository, tip);
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(key, found);
    return await found;
  }
}

const mostKnown = 10_000;
