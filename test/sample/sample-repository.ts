import { execa } from 'execa';
import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface SampleRepository extends AsyncDisposable {
  readonly path: string;
  /** A state folder of its own, so that nothing of the user's is touched. */
  readonly stateFolder: string;
}

/** A temporary repository with the four sample workflows. Disposing of it removes it and its worktrees. */
export async function sampleRepository(): Promise<SampleRepository> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'warden-sample-')));
  const repository = path.join(root, 'shop');
  const git = (...parameters: string[]): Promise<unknown> => execa('git', parameters, { cwd: repository });
  await mkdir(path.join(repository, '.vscode'), { recursive: true });
  await cp(path.join(import.meta.dirname, 'agents'), path.join(repository, 'agents'), { recursive: true });
  await cp(path.join(import.meta.dirname, 'workflows.json'), path.join(repository, '.vscode', 'workflows.json'));
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Sample');
  await git('config', 'user.email', 'sample@localhost');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'The sample');
  return {
    path: repository,
    stateFolder: path.join(root, 'state'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
