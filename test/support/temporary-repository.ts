import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processesOf } from './run-processes.ts';

export interface TemporaryRepository extends AsyncDisposable {
  /** A repository with one commit. Its worktrees lie beside it, in the same temporary folder. */
  readonly path: string;
  /** A state folder of its own, beside it. */
  readonly stateFolder: string;
  git(...parameters: string[]): Promise<string>;
  defineWorkflows(workflows: Record<string, object>, more?: object): Promise<void>;
}

/** A shell line as the command of a workflow. */
export const shell = (line: string): { command: string[] } => ({ command: ['sh', '-c', line] });

/** @param within the folder in which its own is made */
export async function temporaryRepository(within = tmpdir()): Promise<TemporaryRepository> {
  const root = await realpath(await mkdtemp(path.join(within, 'warden-')));
  const repository = path.join(root, 'repository');
  const git = async (...parameters: string[]): Promise<string> =>
    (await execa('git', parameters, { cwd: repository })).stdout;
  await mkdir(path.join(repository, '.vscode'), { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Test');
  await git('config', 'user.email', 'test@localhost');
  await writeFile(path.join(repository, 'README.md'), '# A repository\n');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'First');
  return {
    path: repository,
    stateFolder: path.join(root, 'state'),
    git,
    defineWorkflows: (workflows, more = {}) =>
      writeFile(path.join(repository, '.vscode', 'workflows.json'), JSON.stringify({ ...more, workflows }, null, 2)),
    [Symbol.asyncDispose]: async () => {
      await endRuns(path.join(root, 'state', 'runs'));
      await removeTemporaryFolders(path.join(root, 'state', 'runs'));
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Those of runs that ended by themselves are kept until their worktrees are cleaned up, which few tests do. */
async function removeTemporaryFolders(runs: string): Promise<void> {
  for (const runId of await readdir(runs).catch(() => [])) {
    const folder = await readFile(path.join(runs, runId, 'temporary-folder'), 'utf8').catch(() => null);
    if (folder !== null) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Where the product failed to end them, nothing of a test outlives it all the same. */
async function endRuns(runFolders: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const runId of await readdir(runFolders).catch((): string[] => [])) {
    for (const pid of processesOf(runId)) process.kill(pid, 'SIGKILL');
  }
}
