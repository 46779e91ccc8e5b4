/**
 * A process, told apart from every other that has or will have the same number: pids are reused, so a pid alone names
 * nobody. `startTime` is the kernel's own reading, opaque to us: clock ticks since boot on Linux, a date on macOS and
 * Windows. It is compared for equality only.
 */
export interface ProcessIdentity {
  /**
   * Within which numbers mean the same: the boot and, after a colon, the pid namespace where that is not the machine's
   * first (a container, a sandbox).
   */
  readonly bootId: string;
  readonly pid: number;
  readonly startTime: string;
}

/** Whether both are of one boot of the machine, wherever within it: they have their clocks in common. */
export function isSameBoot(one: string, other: string): boolean {
  return one.split(':')[0] === other.split(':')[0];
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startTime === other.startTime && one.bootId === other.bootId;
}

/** One key per process, for sets and maps. */
export function keyOf(identity: ProcessIdentity): string {
  return `${identity.bootId}/${identity.pid}/${identity.startTime}`;
}

/** The number in a key of `keyOf`. */
export function pidIn(key: string): number {
  return Number(key.split('/')[1]);
}

/** What one look at a process shows. */
export interface ProcessFacts {
  readonly pid: number;
  readonly startTime: string;
  readonly parentPid: number;
  /** 0 where the platform has none. */
  readonly groupId: number;
  /** 0 where the platform has none. */
  readonly sessionId: number;
  /** A zombie holds a number and nothing else: it counts as dead. */
  readonly state: 'alive' | 'zombie';
  /** In an uninterruptible wait (state D): even SIGKILL stays pending. */
  readonly uninterruptible: boolean;
  /** Value of WARDEN_RUN_ID in its environment; null where absent or not readable. */
  readonly cookie: string | null;
  /** Short name of the program. */
  readonly name: string;
  /** Processor time used so far: its own and, where the system tells (Linux), that of its children that have ended. */
  readonly cpuMilliseconds: number;
  readonly memoryBytes: number;
}

/** One look at every process of the machine that we may see. */
export interface ProcessSnapshot {
  readonly bootId: string;
  readonly processes: ReadonlyMap<number, ProcessFacts>;
}

export function identityIn(snapshot: Pick<ProcessSnapshot, 'bootId'>, facts: ProcessFacts): ProcessIdentity {
  return { bootId: snapshot.bootId, pid: facts.pid, startTime: facts.startTime };
}

/** Our own process and everyone that it descends from. */
export function selfAndAncestors(snapshot: ProcessSnapshot, selfPid: number): Set<number> {
  const pids = new Set<number>();
  for (let pid = selfPid; pid > 0 && !pids.has(pid); pid = snapshot.processes.get(pid)?.parentPid ?? 0) pids.add(pid);
  return pids;
}

/**
 * A number that may ever be given to kill(2). 0 and negative numbers address groups, -1 everyone, 1 is init;
 * `Number(null)` and `Number('')` are 0.
 */
export function isSignallablePid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 1;
}
