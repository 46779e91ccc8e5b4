import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/**
 * Whatever the user has set for speed or for another system, a file counts as changed that may be, and no hook of his runs
 * on a copy of the index.
 */
const everywhere: readonly Setting[] = [
  ['core.trustctime', 'true'],
  ['core.checkStat', 'default'],
  ['core.untrackedCache', 'false'],
  ['core.safecrlf', 'false'],
  ['core.hooksPath', '/dev/null'],
];

type Setting = readonly [name: string, value: string];

/**
 * Settings, as variables of git's environment, by which it tells files and modes of a worktree apart as its file system
 * does: a repository that was made on another one is set to what that could do.
 * @see https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
 */
export async function exactSettings(worktreePath: string): Promise<Record<string, string>> {
  const settings = [...everywhere, ...(await ofFileSystem(worktreePath))];
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([name, value], position) => [
      [`GIT_CONFIG_KEY_${position}`, name],
      [`GIT_CONFIG_VALUE_${position}`, value],
    ]),
  ]);
}

/** As git itself tries it when it makes a repository, by the file that it has made here. */
async function ofFileSystem(worktreePath: string): Promise<readonly Setting[]> {
  if (process.platform === 'win32') return [];
  const mark = await unlessMissing(lstat(join(worktreePath, '.git')));
  if (mark === null) return [];
  const settings: Setting[] = [];
  // Where every file is a program, modes are made up, and there may be no links.
  if ((mark.mode & 0o111) === 0) settings.push(['core.fileMode', 'true'], ['core.symlinks', 'true']);
  const other = await unlessMissing(lstat(join(worktreePath, '.GIT')));
  if (other?.ino !== mark.ino) settings.push(['core.ignoreCase', 'false']);
  return settings;
}
