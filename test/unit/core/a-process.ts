import { assignMembers, type Member, type RunRoots } from '../../../src/core/membership.ts';
import type { ProcessFacts, ProcessIdentity, ProcessSnapshot } from '../../../src/core/process-identity.ts';
import { type RunId, runIdFrom } from '../../../src/core/run-id.ts';

export const bootId = 'this-boot';

export const runId: RunId = runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 6));
export const otherRunId: RunId = runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 7));

/** A living process of nobody, in a group and session of its own, unless told otherwise. */
export function aProcess(facts: Partial<ProcessFacts> & { readonly pid: number }): ProcessFacts {
  return {
    startTime: `start-${facts.pid}`,
    parentPid: 1,
    groupId: facts.pid,
    sessionId: facts.pid,
    state: 'alive',
    uninterruptible: false,
    cookie: null,
    name: 'program',
    cpuMilliseconds: 0,
    memoryBytes: 0,
    ...facts,
  };
}

export function anIdentity(pid: number, startTime = `start-${pid}`): ProcessIdentity {
  return { bootId, pid, startTime };
}

export function aSnapshot(...processes: ProcessFacts[]): ProcessSnapshot {
  return { bootId, processes: new Map(processes.map((facts) => [facts.pid, facts])) };
}

/** A run of which nothing is known but its id, unless told otherwise. */
export function theRoots(roots: Partial<RunRoots> = {}): RunRoots {
  return { runId, wrapper: null, command: null, seen: new Set(), enclosed: new Set(), ...roots };
}

/** Pids of the members of each run. */
export function pidsByRun(
  snapshot: ProcessSnapshot,
  runs: readonly RunRoots[],
  spared: readonly number[] = [],
): Record<string, number[]> {
  const members = [...assignMembers(snapshot, runs, new Set(spared))];
  return Object.fromEntries(
    members.map(([run, list]) => [run, list.map(({ identity }) => identity.pid).sort(byNumber)]),
  );
}

/** Pids of the members of the one run. */
export function memberPids(snapshot: ProcessSnapshot, roots: RunRoots, spared: readonly number[] = []): number[] {
  return pidsByRun(snapshot, [roots], spared)[roots.runId] ?? [];
}

export function aMember(pid: number, role: Member['role'] = 'member', facts: Partial<ProcessFacts> = {}): Member {
  return { identity: anIdentity(pid), role, facts: aProcess({ pid, ...facts }) };
}

function byNumber(one: number, other: number): number {
  return one - other;
}
