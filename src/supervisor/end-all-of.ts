import { assignMembers, type Member, type RunRoots } from '../core/membership.ts';
import { keyOf, type ProcessIdentity, selfAndAncestors } from '../core/process-identity.ts';
import { Recognition } from '../core/recognition.ts';
import type { RunId } from '../core/run-id.ts';
import type { World } from './world.ts';

/** What has not gone by then cannot be ended: it belongs to somebody else, or the system holds it. */
const limitMilliseconds = 5_000;

const lookAgainMilliseconds = 10;

/**
 * Ends at once all that was begun in the name of a run that is over, until two looks in a row find nobody. What active
 * runs began within it stays theirs.
 * @param begun who is known to be of it, whatever a look can tell
 * @returns who is left
 */
export async function endAllOf(
  world: World,
  runId: RunId,
  begun: readonly ProcessIdentity[],
): Promise<readonly Member[]> {
  const { executor, clock } = world;
  const seen = new Set(begun.map(keyOf));
  const own: RunRoots = { runId, wrapper: null, command: null, seen, enclosed: new Set() };
  const active = await world.store.activeProcesses();
  const others = active
    .filter((run) => run.runId !== runId)
    .map((run): RunRoots => ({ ...run, seen: new Set(), enclosed: new Set() }));
  const roots = [own, ...others];
  const end = clock.monotonic() + limitMilliseconds;
  for (let emptyLooks = 0; ;) {
    const snapshot = await executor.look();
    const spared = selfAndAncestors(snapshot, executor.self.pid);
    // A run may begin something in the name of another; but what we began descends from the run that we act as.
    const theirs = begun.length > 0 ? [] : [...assignMembers(snapshot, others, spared).values()].flat();
    for (const { identity } of theirs) spared.add(identity.pid);
    const members = assignMembers(snapshot, roots, spared).get(runId) ?? [];
    emptyLooks = members.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2 || clock.monotonic() > end) return members;
    if (members.length > 0) {
      for (const { identity } of members) seen.add(keyOf(identity));
      const recognition = new Recognition(snapshot.bootId, roots, spared);
      const frozen = await executor.freeze({ recognition, runs: new Set([runId]) });
      const condemned = [...members, ...frozen.map(({ member }) => member)];
      await executor.signal(condemned.map(({ identity }) => ({ identity, signal: 'SIGKILL' })));
      await clock.sleep(lookAgainMilliseconds);
    }
  }
}
