import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Repository } from '../core/ports/worktrees.ts';
import { git, nulSeparated } from './git.ts';
import { unlessMissing } from './system-failure.ts';

/** What decides how git turns a commit into files. */
export interface CheckoutSettings {
  /** Equal for two moments at which a checkout of a commit makes the same files. */
  readonly fingerprint: string;
  /** HEAD of a worktree is a file of its own. */
  readonly keepsHeadsInFiles: boolean;
  /** False when it is sure that git runs nothing after a checkout. */
  readonly mayHaveHook: boolean;
}

/** What runs and editors write all the time, and no checkout reads. */
const irrelevant = /^(branch|remote)\./;

/**
 * All settings of git but those of branches and remotes, the attributes and sparse patterns that no commit holds, and what
 * Git LFS reads of the environment.
 */
export async function settingsOf(repository: Repository): Promise<CheckoutSettings> {
  const listed = await git({
    directory: repository.path,
    arguments: ['config', '--list', '-z'],
    operation: 'read settings',
  });
  const settings = nulSeparated(listed).filter((setting) => !irrelevant.test(setting));
  const valueOf = (name: string): string | undefined =>
    settings.findLast((setting) => setting.startsWith(`${name}\n`))?.slice(name.length + 1);
  const configured = process.env['XDG_CONFIG_HOME'] ?? '';
  const files = [
    join(repository.gitDirectory, 'info', 'attributes'),
    join(repository.gitDirectory, 'info', 'sparse-checkout'),
    '/etc/gitattributes',
    valueOf('core.attributesfile')?.replace(/^~(?=\/)/, homedir()) ??
      join(configured === '' ? join(homedir(), '.config') : configured, 'git', 'attributes'),
  ];
  const contents = await Promise.all(
    files.map(async (file) => await unlessMissing(readFile(resolve(repository.path, file), 'utf8'))),
  );
  const ofLfs = Object.keys(process.env).filter((name) => name.startsWith('GIT_LFS_'));
  const environment = ofLfs.toSorted().map((name) => [name, process.env[name]]);
  return {
    fingerprint: createHash('sha256')
      .update(JSON.stringify([settings, contents, environment]))
      .digest('hex'),
    mayHaveHook:
      settings.some((setting) => /^(core\.hookspath|hook\.)/.test(setting)) ||
      (await unlessMissing(lstat(join(repository.gitDirectory, 'hooks', 'post-checkout')))) !== null,
    keepsHeadsInFiles: (valueOf('extensions.refstorage') ?? 'files') === 'files',
  };
}
