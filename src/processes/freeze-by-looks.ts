import { roleOf } from '../core/membership.ts';
import type { FreezeRequest, Frozen } from '../core/ports/executor.ts';
import { identityIn, keyOf, type ProcessIdentity, type ProcessSnapshot } from '../core/process-identity.ts';
import type { SignalOutcome } from '../core/ports/executor.ts';

/** Each look of these systems takes a program of its own. */
const mostLooks = 6;

/**
 * Freezing where a look costs tens of milliseconds (macOS), or where nothing can be stopped (Windows): whole looks, until
 * two in a row find nobody new. Weaker than freezing on sight, as `docs/kill.md` says.
 * @param stop null where the system cannot stop a process
 */
export async function freezeByLooks(
  { recognition, runs }: FreezeRequest,
  look: () => Promise<ProcessSnapshot>,
  stop: ((identities: readonly ProcessIdentity[]) => Promise<readonly SignalOutcome[]>) | null,
): Promise<Frozen[]> {
  const frozen = new Map<string, Frozen>();
  for (let quiet = 0, looks = 0; quiet < 2 && looks < mostLooks; looks += 1) {
    const found = newMembers(await look(), { recognition, runs }, frozen);
    quiet = found.length === 0 ? quiet + 1 : 0;
    const outcomes = stop === null ? [] : await stop(found.map(({ member }) => member.identity));
    for (const [index, { runId, member }] of found.entries()) {
      frozen.set(keyOf(member.identity), { runId, member, outcome: outcomes[index] ?? 'gone' });
    }
  }
  return [...frozen.values()];
}

function newMembers(
  snapshot: ProcessSnapshot,
  { recognition, runs }: FreezeRequest,
  frozen: ReadonlyMap<string, Frozen>,
): Pick<Frozen, 'runId' | 'member'>[] {
  const startTimeOf = (pid: number): string | undefined => snapshot.processes.get(pid)?.startTime;
  const found: Pick<Frozen, 'runId' | 'member'>[] = [];
  for (const facts of snapshot.processes.values()) {
    const run = recognition.meet(facts, startTimeOf);
    if (run === undefined || !runs.has(run.runId)) continue;
    const identity = identityIn(snapshot, facts);
    const role = roleOf(run, identity);
    if (role === 'wrapper' || frozen.has(keyOf(identity))) continue;
    found.push({ runId: run.runId, member: { identity, role, facts } });
  }
  return found;
}
