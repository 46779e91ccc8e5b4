import { type KillReport, reportOfNothing } from '../core/kill-report.ts';
import type { Member } from '../core/membership.ts';
import type { Run } from '../core/run.ts';
import { endAllOf } from './end-all-of.ts';
import { carriersIn } from './orphans.ts';
import { auditOf, type World } from './world.ts';

/**
 * Ends whoever came to light of a run only after its end, as by a service that was handed its environment. What active
 * runs began in its name is theirs.
 * @returns what came of it; null when there was nobody
 */
export async function endLatecomers(world: World, run: Run): Promise<KillReport | null> {
  const { executor, store, clock, members } = world;
  const { runId } = run;
  const carriers = carriersIn(await executor.look(), executor.self.pid).filter((carrier) => carrier.runId === runId);
  if (carriers.length === 0) return null;
  const owned = new Set([...(await members.look()).values()].flat().map(({ identity: { pid } }) => pid));
  const processes = carriers.filter(({ facts: { pid } }) => !owned.has(pid)).length;
  if (processes === 0) return null;
  const begun = clock.monotonic();
  const left = await endAllOf(world, runId, []);
  const facts = { processes, survivors: left.length };
  await store.audit(auditOf(world, runId, 'settle', left.length === 0 ? 'done' : 'failed', { facts }));
  const isWritten = !(await store.isOnlyKept(runId));
  return reportOf(world, run, { isWritten, processes, left, durationMilliseconds: clock.monotonic() - begun });
}

interface Observed {
  readonly isWritten: boolean;
  readonly processes: number;
  readonly left: readonly Member[];
  readonly durationMilliseconds: number;
}

function reportOf(world: World, run: Run, { isWritten, processes, left, durationMilliseconds }: Observed): KillReport {
  // The run was over before; that these are ended is in the audit log.
  return {
    ...reportOfNothing(run, world.clock.now(), isWritten),
    success: left.length === 0,
    method: 'system',
    durationMilliseconds,
    processes,
    signals: [{ phase: 'system', signal: 'SIGKILL', processes }],
    survivors: left.map(({ identity: { pid }, facts: { name } }) => ({ pid, name, reason: 'alive' })),
    stages: [{ stage: 'system', milliseconds: durationMilliseconds }],
  };
}
