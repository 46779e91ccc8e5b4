import type { Orphan } from '../core/alerts.ts';
import { identityIn, type ProcessFacts, type ProcessSnapshot, selfAndAncestors } from '../core/process-identity.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import type { World } from './world.ts';

interface Carrier {
  readonly facts: ProcessFacts;
  readonly runId: RunId;
}

/**
 * Processes that carry the cookie of a run which is over, or of one that had its folder in our state folder and is not
 * known any more. Runs of another state folder are somebody else's. A row says that a run is over only after it was
 * proved that nobody is left, so that whoever is alive after it was read is one whom that look did not see.
 */
export async function orphansOf(world: World): Promise<readonly Orphan[]> {
  const snapshot = await world.executor.look();
  const suspects: Carrier[] = [];
  const carriers = carriersIn(snapshot, world.executor.self.pid);
  for (const [runId, processes] of Map.groupBy(carriers, (carrier) => carrier.runId)) {
    const run = await world.store.run(runId);
    if (run === null) suspects.push(...(await ofOurFolder(world, snapshot, processes)));
    else if (isTerminal(run.status)) suspects.push(...processes);
  }
  if (suspects.length === 0) return [];
  // What one run started in the name of another that is over is its own.
  const members = [...(await world.members.look()).values()].flat();
  const owned = new Set(members.map(({ identity }) => identity.pid));
  const orphans: Orphan[] = [];
  for (const { facts, runId } of suspects) {
    const isLeft = !owned.has(facts.pid) && (await world.executor.isAlive(identityIn(snapshot, facts)));
    if (isLeft) orphans.push({ runId, pid: facts.pid, name: facts.name });
  }
  return orphans;
}

/** Everyone alive who carries the cookie of a run, but ourselves and our ancestors. */
export function carriersIn(snapshot: ProcessSnapshot, selfPid: number): readonly Carrier[] {
  const spared = selfAndAncestors(snapshot, selfPid);
  return [...snapshot.processes.values()].flatMap((facts) =>
    facts.cookie !== null && isRunId(facts.cookie) && facts.state === 'alive' && !spared.has(facts.pid)
      ? [{ facts, runId: facts.cookie }]
      : [],
  );
}

async function ofOurFolder(
  { executor, folders }: World,
  snapshot: ProcessSnapshot,
  carriers: readonly Carrier[],
): Promise<readonly Carrier[]> {
  const found = await Promise.all(
    carriers.map(async (carrier) => {
      const folder = await executor.runFolderOf(identityIn(snapshot, carrier.facts));
      return folder === folders.pathOf(carrier.runId) ? carrier : null;
    }),
  );
  return found.filter((carrier) => carrier !== null);
}
