import { describeBytes } from './quantities.ts';
import type { RunId } from './run-id.ts';
import { plainEnglish } from './translate.ts';

/** What a checkpoint was taken for. */
export const checkpointReasons = ['kill', 'removal', 'by_hand', 'interval', 'restart'] as const;

export type CheckpointReason = (typeof checkpointReasons)[number];

/** A commit under `refs/warden/checkpoints/<run_id>/<number>` that keeps the work of a run. */
export interface Checkpoint {
  readonly ref: string;
  readonly number: number;
  readonly commit: string;
  /** Null where its message does not tell. */
  readonly why: CheckpointReason | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How many files in it differ from HEAD as it was; null where its message does not tell. */
  readonly files: number | null;
  /** The git operation that was under way, e.g. `rebase`. */
  readonly operation: string | null;
}

export interface CheckpointOfBranch extends Checkpoint {
  /** Full name of the branch that was checked out; null on none, and where its message does not tell. */
  readonly branch: string | null;
}

/** Of what else a checkpoint consists, besides the files of the worktree, which are its own tree. */
export interface CheckpointParts {
  /** HEAD as it was; null on a branch without a commit. */
  readonly head: string | null;
  /** Commit whose tree is what was staged; null where that was what HEAD holds. */
  readonly staged: string | null;
  /** Commit with what no tree of files can hold, see the worktrees room; null where there was nothing of it. */
  readonly state: string | null;
}

/** What is not in a checkpoint since git ignores it. */
export interface IgnoredPath {
  /** Relative to the worktree; a folder ends with a slash. */
  readonly path: string;
  readonly bytes: number;
  /** There is more in it, which was not counted. */
  readonly isAtLeast: boolean;
}

export interface CheckpointContents extends CheckpointParts {
  readonly runId: RunId;
  readonly why: CheckpointReason;
  /** Full name of the branch that was checked out. */
  readonly branch: string | null;
  readonly operation: string | null;
  readonly files: number;
  readonly ignored: readonly IgnoredPath[];
  /** Repositories of their own in the worktree whose work is nowhere else: it is not in the checkpoint either. */
  readonly nested: readonly string[];
  /** Commits that HEAD has left and no branch holds. */
  readonly left: readonly string[];
}

/** A message lists no more than so many ignored paths, the largest ones. */
const mostIgnored = 50;

/** A message names no more than so many commits. */
const mostLeft = 50;

const titleOf = (runId: RunId): string => `workflow-warden ${runId}: checkpoint`;

/** The message of a checkpoint's commit: for people first, and at its end for us. */
export function checkpointMessage(contents: CheckpointContents): string {
  const { runId, why, head, branch, staged, state, operation, files } = contents;
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['Run', runId],
    ['Why', why],
    ['Head', head ?? 'none'],
    ['Branch', branch],
    ['Staged', staged],
    ['State', state],
    ['Operation', operation],
    ['Files', files],
  ];
  const told = facts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const paragraphs = [
    [titleOf(runId)],
    ignoredLines(contents.ignored),
    nestedLines(contents.nested),
    leftLines(contents.left),
    told,
  ];
  return `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function ignoredLines(ignored: readonly IgnoredPath[]): readonly string[] {
  if (ignored.length === 0) return [];
  const largest = ignored.toSorted((one, other) => other.bytes - one.bytes).slice(0, mostIgnored);
  const rest = ignored.length - largest.length;
  return [
    'Not in it, since git ignores it:',
    ...largest.map(({ path, bytes, isAtLeast }) => {
      const size = describeBytes(bytes, plainEnglish);
      return `  ${quoted(path)} ${isAtLeast ? `more than ${size}` : size}`;
    }),
    ...(rest === 0 ? [] : [`  and ${rest} smaller`]),
  ];
}

function nestedLines(nested: readonly string[]): readonly string[] {
  if (nested.length === 0) return [];
  return [
    'Not in it, since it is a repository of its own whose work is nowhere else:',
    ...nested.map((path) => `  ${quoted(path)}`),
  ];
}

function leftLines(left: readonly string[]): readonly string[] {
  if (left.length === 0) return [];
  const rest = left.length - mostLeft;
  return [
    'Commits that HEAD had left and no branch holds:',
    ...left.slice(0, mostLeft).map((commit) => `  ${commit}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

/** A name may hold anything, line breaks too, and may be long. */
function quoted(path: string): string {
  return JSON.stringify(path.length > 300 ? `${path.slice(0, 300)}…` : path);
}

/** What a checkpoint's message tells, with the parents of its commit for what it does not. */
export function readCheckpointMessage(
  message: string,
  parents: readonly string[],
): CheckpointParts & Pick<CheckpointOfBranch, 'why' | 'files' | 'operation' | 'branch'> {
  const last = message.trimEnd().split('\n\n').at(-1) ?? '';
  const facts = new Map(
    last.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+): (.+)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const commitNamed = (name: string): string | null => {
    const commit = facts.get(name);
    return commit !== undefined && parents.includes(commit) ? commit : null;
  };
  const files = facts.get('Files');
  return {
    head: facts.get('Head') === 'none' ? null : (commitNamed('Head') ?? parents[0] ?? null),
    staged: commitNamed('Staged'),
    state: commitNamed('State'),
    why: checkpointReasons.find((reason) => reason === facts.get('Why')) ?? null,
    files: files === undefined || !/^\d+$/.test(files) ? null : Number(files),
    operation: facts.get('Operation') ?? null,
    branch: facts.get('Branch') ?? null,
  };
}
