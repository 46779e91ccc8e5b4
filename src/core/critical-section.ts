import { criticalOperationOf } from './git-operation.ts';
import type { Member } from './membership.ts';

/**
 * Something that a kill should not cut in two: a git operation that writes, a lock of git that somebody alive holds, or
 * what the run itself declares in `$WARDEN_RUN_DIR/critical/`.
 */
export type CriticalSection =
  | { readonly kind: 'git'; readonly operation: string; readonly pid: number }
  /** `path` of the lock file; `pid` of who holds it. */
  | { readonly kind: 'lock'; readonly path: string; readonly pid: number }
  /** `pid` where the run named one. */
  | { readonly kind: 'declared'; readonly name: string; readonly pid: number | null };

/** A lock file of git that is there, and a process that uses it. */
export interface HeldLock {
  readonly path: string;
  readonly pid: number;
}

/** What a run has put into its folder of critical sections. */
export interface DeclaredSection {
  readonly name: string;
  /** Who is in it; null when the run did not say. */
  readonly pid: number | null;
}

/** What was seen of a run that may be a critical section. */
export interface CriticalFacts {
  readonly members: readonly Member[];
  /** How the git processes among them were started, by pid. */
  readonly gitArguments: ReadonlyMap<number, readonly string[]>;
  readonly locks: readonly HeldLock[];
  readonly declared: readonly DeclaredSection[];
}

/** What should not be cut in two, each told once: of a git within a git, or of a git and its lock, the outer git. */
export function criticalSectionsIn({ members, gitArguments, locks, declared }: CriticalFacts): CriticalSection[] {
  const parents = new Map(members.map(({ facts }) => [facts.pid, facts.parentPid]));
  const operations = new Map<number, string>();
  for (const [pid, argv] of gitArguments) {
    const operation = criticalOperationOf(argv);
    if (operation !== null && parents.has(pid)) operations.set(pid, operation);
  }
  const isWithinGit = (pid: number): boolean => ancestorsOf(pid, parents).some((ancestor) => operations.has(ancestor));
  const isOwnLock = ({ pid }: HeldLock): boolean => parents.has(pid) && !operations.has(pid) && !isWithinGit(pid);
  return [
    ...Array.from(operations, ([pid, operation]) => ({ kind: 'git', operation, pid }) as const).filter(
      ({ pid }) => !isWithinGit(pid),
    ),
    ...locks.filter(isOwnLock).map(({ path, pid }) => ({ kind: 'lock', path, pid }) as const),
    ...declared
      .filter(({ pid }) => pid === null || parents.has(pid))
      .map(({ name, pid }) => ({ kind: 'declared', name, pid }) as const),
  ];
}

function ancestorsOf(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const ancestors: number[] = [];
  let next = parents.get(pid);
  while (next !== undefined && next !== pid && !ancestors.includes(next)) {
    ancestors.push(next);
    next = parents.get(next);
  }
  return ancestors;
}
