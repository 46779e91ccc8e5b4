/**
 * Git operations that a kill would cut in two. They write a reference, the index, the working tree or the packs in
 * several steps of which each alone leaves the repository between two states: a commit that no branch names yet, a
 * working tree half of one branch and half of another, a rebase that waits for somebody to go on, a push of which only
 * the far side knows. What only reads, or only adds objects that nothing names yet (`fetch`, `clone`, `hash-object`,
 * `bundle`), can be cut off and done again. What merely writes the index (`add`, `rm`, `mv`) is told by its lock.
 */
const cutInTwo: ReadonlySet<string> = new Set([
  'am',
  'branch',
  'checkout',
  'cherry-pick',
  'commit',
  'fast-import',
  'filter-branch',
  'gc',
  'maintenance',
  'merge',
  'notes',
  'pack-refs',
  'pull',
  'push',
  'read-tree',
  'rebase',
  'receive-pack',
  'reflog',
  'repack',
  'replace',
  'reset',
  'restore',
  'revert',
  'send-pack',
  'stash',
  'submodule',
  'switch',
  'symbolic-ref',
  'tag',
  'update-ref',
  'worktree',
]);

/** Those that end by themselves only when they are told to, or that only read: no lock of git is theirs. */
const neverLock: ReadonlySet<string> = new Set([
  'annotate',
  'archive',
  'blame',
  'cat-file',
  'check-attr',
  'check-ignore',
  'credential-cache--daemon',
  'daemon',
  'fetch-pack',
  'for-each-ref',
  'format-patch',
  'fsmonitor--daemon',
  'grep',
  'help',
  'http-backend',
  'log',
  'ls-files',
  'ls-remote',
  'ls-tree',
  'merge-base',
  'name-rev',
  'rev-list',
  'rev-parse',
  'shortlog',
  'show',
  'show-ref',
  'upload-pack',
  'var',
  'web--browse',
  'whatchanged',
]);

/** Options of git itself, before the subcommand, whose value is the next argument (git(1)). */
const withValue: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--super-prefix',
  '--config-env',
  '--attr-source',
]);

/** Options of git itself after which nothing is done but telling. */
const telling: ReadonlySet<string> = new Set([
  '-h',
  '--help',
  '-v',
  '--version',
  '--exec-path',
  '--html-path',
  '--man-path',
  '--info-path',
]);

/** Forms of these that only list. With no arguments at all they list too, but `stash`, which saves. */
const listing: Readonly<Record<string, { readonly words: readonly string[]; readonly isPlain: boolean }>> = {
  branch: {
    words:
      `-l --list -a --all -r --remotes --show-current --contains --no-contains --merged --no-merged --points-at`.split(
        ' ',
      ),
    isPlain: true,
  },
  maintenance: { words: ['is-needed'], isPlain: true },
  notes: { words: ['list', 'show', 'get-ref'], isPlain: true },
  reflog: { words: ['show', 'list', 'exists'], isPlain: true },
  replace: { words: ['-l', '--list'], isPlain: true },
  stash: { words: ['list', 'show'], isPlain: false },
  submodule: { words: ['status', 'summary', 'foreach'], isPlain: true },
  tag: {
    words: `-l --list -v --verify --contains --no-contains --merged --no-merged --points-at`.split(' '),
    isPlain: true,
  },
  worktree: { words: ['list'], isPlain: true },
};

/** Options that make a listing of a branch a change after all: `git branch -r -d origin/topic`. */
const changing: ReadonlySet<string> = new Set(['-d', '-D', '--delete', '-m', '-M', '--move', '-c', '-C', '--copy']);

/** Whether a process is git or one of its helpers, by the name of its program as the system tells it. */
export function isGitProgram(name: string): boolean {
  return /^git(?:-|$|\.exe$)/i.test(name);
}

/**
 * The operation of a git process that a kill should not cut in two, e.g. `commit`; null when it is none.
 * @param argv as the process was started
 */
export function criticalOperationOf(argv: readonly string[]): string | null {
  const found = subcommandOf(argv);
  if (found === null || !cutInTwo.has(found.name)) return null;
  const { name, parameters } = found;
  const options = beforeSeparator(parameters);
  if (options.some((option) => option === '--help' || option === '-h' || option === '--dry-run')) return null;
  return isListing(name, options) ? null : name;
}

/** Whether a lock of git can be this process's own. One that cannot be told may hold any. */
export function mayHoldLock(argv: readonly string[]): boolean {
  const found = subcommandOf(argv);
  return found === null || !neverLock.has(found.name);
}

function isListing(name: string, parameters: readonly string[]): boolean {
  const forms = Object.hasOwn(listing, name) ? listing[name] : undefined;
  if (forms === undefined) return false;
  const isOption = (word: string): boolean => word.startsWith('-');
  if (parameters.some((word) => changing.has(word) && name === 'branch')) return false;
  if (forms.isPlain && parameters.every((word) => isOption(word) && !isLongChange(word))) return true;
  const first = parameters.find((word) => !isOption(word));
  return forms.words.some((word) => (isOption(word) ? parameters.some((one) => isForm(one, word)) : word === first));
}

/** Of the options that stand without a name after them: those that change something all the same. */
function isLongChange(word: string): boolean {
  return /^--(?:edit-description|unset-upstream|set-upstream-to=)/.test(word);
}

const isForm = (word: string, form: string): boolean => word === form || word.startsWith(`${form}=`);

function beforeSeparator(parameters: readonly string[]): readonly string[] {
  const separator = parameters.indexOf('--');
  return separator < 0 ? parameters : parameters.slice(0, separator);
}

interface Subcommand {
  readonly name: string;
  readonly parameters: readonly string[];
}

/** Both `git OPTIONS commit …` and `git-commit …`. */
function subcommandOf([program = '', ...rest]: readonly string[]): Subcommand | null {
  const own = /^git(?:-(?<name>.+))?$/i.exec((program.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, ''));
  if (own === null) return null;
  if (own.groups?.['name'] !== undefined) return { name: own.groups['name'], parameters: rest };
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? '';
    if (!word.startsWith('-')) return { name: word, parameters: rest.slice(index + 1) };
    if (telling.has(word)) return null;
    if (withValue.has(word)) index += 1;
  }
  return null;
}
