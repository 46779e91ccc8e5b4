import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  getNodeValue,
  stripComments,
} from 'jsonc-parser';
import type { WorkflowFileProblem } from './errors.ts';
import { nearestNames } from './nearest-names.ts';
import type { Workflow } from './workflow.ts';
import {
  killSchema,
  limitsSchema,
  portRangeSchema,
  retrySchema,
  workflowFileSchema,
  workflowSchema,
  workflowsOf,
} from './workflow-schema.ts';

export type WorkflowFileResult =
  | {
      readonly ok: true;
      readonly workflows: Map<string, Workflow>;
      /** What the worktrees may take of the disk; null: nobody is warned. */
      readonly worktreeBudgetBytes: number | null;
      /** How many prepared worktrees a repository is to have; null where the file does not say. */
      readonly pool: number | null;
      /** How long runs are kept after their end, where nothing of them is left; null: for ever. */
      readonly keepRunsDays: number | null;
    }
  | { readonly ok: false; readonly problems: readonly WorkflowFileProblem[] };

/** More problems are not told, only how many there are. */
const mostProblems = 100;

/**
 * Reads the text of a definitions file: JSON with comments and trailing commas.
 * @param file only for the problems
 * @returns the workflows, or every problem with its line, column and key, as far as a person reads so many
 */
export function parseWorkflowFile(file: string, written: string): WorkflowFileResult {
  try {
    return parsed(file, withoutByteOrderMark(written));
  } catch (error) {
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, problems: [{ file, line: 1, column: 1, key: '', problem: 'it is nested too deeply' }] };
  }
}

function parsed(file: string, text: string): WorkflowFileResult {
  const position = positionsIn(text);
  if (stripComments(text).trim() === '') {
    return { ok: false, problems: [{ file, line: 1, column: 1, key: '', problem: 'the file is empty' }] };
  }
  const syntaxErrors: ParseError[] = [];
  const root = parseTree(text, syntaxErrors, { allowTrailingComma: true });
  if (root === undefined || syntaxErrors.length > 0) {
    // Only the first: what the parser says after it is mostly its own confusion.
    const problems = syntaxErrors.slice(0, 1).map(({ error, offset }) => ({
      file,
      ...position(offset),
      key: '',
      problem: `not valid JSON: ${wordsOf(printParseErrorCode(error))}`,
    }));
    return { ok: false, problems };
  }
  const duplicates = duplicateKeys(root).map((found) => ({ ...found, problem: 'this key stands twice' }));
  const result = workflowFileSchema.safeParse(getNodeValue(root));
  if (result.success && duplicates.length === 0) {
    const gigabytes = result.data.worktreeBudgetGigabytes;
    const worktreeBudgetBytes = gigabytes === undefined ? null : gigabytes * 1_000_000_000;
    const { pool = null, keepRunsDays = null } = result.data;
    return { ok: true, workflows: workflowsOf(result.data), worktreeBudgetBytes, pool, keepRunsDays };
  }
  const issues = result.success ? [] : result.error.issues;
  const located = [...duplicates, ...issues.slice(0, mostProblems).flatMap((issue) => problemsOf(issue, root))];
  const counts = issues.map((issue) => (issue.code === 'unrecognized_keys' ? issue.keys.length : 1));
  const left = counts.reduce((sum, count) => sum + count, duplicates.length) - mostProblems;
  const problems = located
    .slice(0, mostProblems)
    .map(({ node, key, problem }) => ({ file, ...position(node.offset), key, problem }))
    .sort((one, other) => one.line - other.line || one.column - other.column);
  const more = left > 0 ? [{ file, line: 1, column: 1, key: '', problem: `and ${left} more problems` }] : [];
  return { ok: false, problems: [...problems, ...more] };
}

interface Located {
  readonly node: Node;
  readonly key: string;
  readonly problem: string;
}

type Issue = NonNullable<ReturnType<typeof workflowFileSchema.safeParse>['error']>['issues'][number];

function problemsOf(issue: Issue, root: Node): Located[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, mostProblems).map((key) => ({
      node: keyNode(root, [...path, key]),
      key: [...path, key].join('.'),
      problem: `unknown key${suggestionFor(key, path)}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const reason = issue.issues.map(({ message }) => message).join('; ');
    return [{ node: keyNode(root, path), key: path.join('.'), problem: `this name is not allowed: ${reason}` }];
  }
  const node = nearestNode(root, path);
  const missing = findNodeAtLocation(root, path) === undefined;
  return [{ node, key: path.join('.'), problem: missing ? 'this key is missing' : problemWords(issue, node) }];
}

const typeNames: Record<string, string> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list in [ ]',
  object: 'an object in { }',
  record: 'an object in { }',
};

function problemWords(issue: Issue, node: Node): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeNames[issue.expected] ?? issue.expected}, found ${foundWords(node)}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? 'this must not be empty'
        : `this must be ${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `this must be ${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_element':
    case 'custom':
      return issue.message;
    default:
      return 'this value is not valid';
  }
}

/** A number is told by its value, which may be of the wrong kind only because it is no whole one. */
function foundWords(node: Node): string {
  return node.type === 'number' ? String(node.value) : (typeNames[node.type] ?? node.type);
}

/** Of the objects in a workflow. */
const knownKeysWithin = new Map([
  ['retry', Object.keys(retrySchema.shape)],
  ['limits', Object.keys(limitsSchema.shape)],
  ['kill', Object.keys(killSchema.shape)],
  ['portRange', Object.keys(portRangeSchema.shape)],
]);

function suggestionFor(key: string, path: readonly (string | number)[]): string {
  const [nearest] = nearestNames(key, knownKeysAt(path));
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

function knownKeysAt(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(workflowFileSchema.shape);
  if (path.length === 2) return Object.keys(workflowSchema.shape);
  return knownKeysWithin.get(String(path.at(-1))) ?? [];
}

/** The node at the path, or the closest thing around it where there is none. */
function nearestNode(root: Node, path: readonly (string | number)[]): Node {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined) return node;
  }
  return root;
}

/** The name of a property rather than its value: that is where an editor should underline. */
function keyNode(root: Node, path: readonly (string | number)[]): Node {
  const value = nearestNode(root, path);
  return value.parent?.type === 'property' ? (value.parent.children?.[0] ?? value) : value;
}

function duplicateKeys(node: Node, path: readonly string[] = []): { node: Node; key: string }[] {
  if (node.type !== 'object' && node.type !== 'array') return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((child, index) => {
    if (child.type !== 'property') return duplicateKeys(child, [...path, String(index)]);
    const [name, value] = child.children ?? [];
    if (name === undefined) return [];
    const key = [...path, String(name.value)];
    const twice = seen.has(String(name.value)) ? [{ node: name, key: key.join('.') }] : [];
    seen.add(String(name.value));
    return value === undefined ? twice : [...twice, ...duplicateKeys(value, key)];
  });
}

/** `CommaExpected` -> `comma expected`. */
function wordsOf(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

function positionsIn(text: string): (offset: number) => { line: number; column: number } {
  return (offset) => {
    const before = text.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
}

/** Some editors of Windows begin a file with it; nobody sees it and no column counts it. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
