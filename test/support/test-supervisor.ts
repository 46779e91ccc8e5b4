import { openPorts } from '../../src/open-supervisor.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import type { Ports } from '../../src/supervisor/world.ts';
import { processesOf } from './run-processes.ts';
import type { TemporaryRepository } from './temporary-repository.ts';

export interface TestSupervisor extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** What went wrong in the background. */
  readonly failures: { during: string; error: unknown }[];
}

/**
 * A supervisor on the repository's own state folder. Leaving its scope kills every run and checks that none is left.
 * @param fault replaces ports by ones that fail in some way
 * @param options `leavesRuns`: another supervisor of the same test ends them
 */
export async function testSupervisor(
  repository: TemporaryRepository,
  fault: (ports: Ports) => Partial<Ports> = () => ({}),
  options: { readonly leavesRuns?: boolean } = {},
): Promise<TestSupervisor> {
  const failures: TestSupervisor['failures'] = [];
  const ports = await openPorts({
    face: 'cli',
    diagnostics: { failed: (during, error) => failures.push({ during, error }) },
    environment: { WARDEN_STATE_DIR: repository.stateFolder },
  });
  const supervisor = new Supervisor({ ...ports, ...fault(ports) });
  return {
    supervisor,
    failures,
    [Symbol.asyncDispose]: async () => {
      if (options.leavesRuns === true) return supervisor.dispose();
      const { runs } = await supervisor.list({ statuses: ['pending', 'running', 'terminating'], limit: 1000 });
      await Promise.all(runs.map(({ run }) => supervisor.kill(run.runId, { force: true }).catch(() => undefined)));
      const all = (await supervisor.list({ limit: 1000 })).runs;
      await supervisor.dispose();
      const left = all.flatMap(({ run }) => processesOf(run.runId));
      if (left.length > 0) throw new Error(`processes of the test are left: ${left.join(', ')}`);
    },
  };
}
