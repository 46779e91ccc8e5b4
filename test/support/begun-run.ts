import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Run } from '../../src/core/run.ts';
import { eventually } from './eventually.ts';
import type { TemporaryRepository } from './temporary-repository.ts';
import type { TestSupervisor } from './test-supervisor.ts';

/** A run of the workflow `worker` that has made the file `begun` in its run folder. */
export async function begunRun(repository: TemporaryRepository, { supervisor }: TestSupervisor): Promise<Run> {
  const run = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  await eventually(() => existsSync(runFile(repository, run.runId, 'begun')));
  return run;
}

/** A file in the folder of a run. */
export function runFile(repository: TemporaryRepository, runId: string, ...names: string[]): string {
  return path.join(repository.stateFolder, 'runs', runId, ...names);
}
