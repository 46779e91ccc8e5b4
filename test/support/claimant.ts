import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { exitOf } from './exit-of.ts';
import type { TemporaryRepository } from './temporary-repository.ts';

/**
 * A process that says by its environment that it is of a run, which it is not; ended with its scope.
 * @param runs the folder in which the run's folder would be
 */
export async function claimant(
  { stateFolder }: Pick<TemporaryRepository, 'stateFolder'>,
  runId: string,
  runs = path.join(stateFolder, 'runs'),
): Promise<AsyncDisposable & { readonly pid: number }> {
  const child = spawn('sleep', ['600'], {
    env: { ...process.env, WARDEN_RUN_ID: runId, WARDEN_RUN_DIR: path.join(runs, runId) },
    stdio: 'ignore',
  });
  const exited = exitOf(child);
  await once(child, 'spawn');
  return {
    pid: child.pid!,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
