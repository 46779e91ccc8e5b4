import { openSupervisor } from '../../src/open-supervisor.ts';
import type { Supervisor } from '../../src/supervisor/supervisor.ts';
import { processesOf } from './run-processes.ts';
import type { TemporaryRepository } from './temporary-repository.ts';

export interface TestSupervisor extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** What went wrong in the background. */
  readonly failures: { during: string; error: unknown }[];
}

/** A supervisor on the repository's own state folder. Leaving its scope kills every run and checks that none is left. */
export async function testSupervisor(repository: TemporaryRepository): Promise<TestSupervisor> {
  const failures: TestSupervisor['failures'] = [];
  const supervisor = await openSupervisor({
    face: 'cli',
    diagnostics: { failed: (during, error) => failures.push({ during, error }) },
    environment: { WARDEN_STATE_DIR: repository.stateFolder },
  });
  return {
    supervisor,
    failures,
    [Symbol.asyncDispose]: async () => {
      const { runs } = await supervisor.list({ statuses: ['pending', 'running', 'terminating'], limit: 1000 });
      await Promise.all(runs.map(({ run }) => supervisor.kill(run.runId, { force: true }).catch(() => undefined)));
      const all = (await supervisor.list({ limit: 1000 })).runs;
      await supervisor.dispose();
      const left = all.flatMap(({ run }) => processesOf(run.runId));
      if (left.length > 0) throw new Error(`processes of the test are left: ${left.join(', ')}`);
    },
  };
}
