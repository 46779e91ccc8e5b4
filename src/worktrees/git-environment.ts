/**
 * Variables that would make git look at another repository, index or history than the one it is started in: what
 * `git rev-parse --local-env-vars` lists. Git commands that run us, such as hooks and aliases, set them.
 */
const repositoryBound = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]);

/**
 * Variables that change how git reads paths, what it prints or when it says that it is, and programs for people that nobody
 * would see.
 */
const disturbing =
  /^(GIT_((AUTHOR|COMMITTER)_DATE|ATTR_SOURCE|TRACE\w*|EDITOR|SEQUENCE_EDITOR|PAGER|EXTERNAL_DIFF|TEMPLATE_DIR|PROXY_COMMAND|\w+_PATHSPECS|REFLOG_ACTION|CONFIG_(KEY|VALUE)_\d+|TEST_\w+)|EDITOR|VISUAL|PAGER|PREFIX)$/i;

/**
 * Makes git see history as it is written. Commits that are only grafted on to others, or put in their place by
 * `git replace`, are kept no longer than that is so.
 */
export const asWritten: Readonly<Record<string, string>> = {
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
};

/** The host's environment as git gets it from us: the user's own configuration, and nothing that points elsewhere. */
export function gitEnvironment(additions: Readonly<Record<string, string>>): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || repositoryBound.has(name.toUpperCase()) || disturbing.test(name)) continue;
    environment[name] = value;
  }
  return { ...environment, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', ...additions };
}
