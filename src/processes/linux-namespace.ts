import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../core/process-identity.ts';
import { inSlices } from './in-slices.ts';
import { listedPids, readStat } from './linux-stat.ts';

/** The number of the machine's first pid namespace: whoever is in it sees all others (PROC_PID_INIT_INO, linux/proc_ns.h). */
const firstNamespace = '4026531836';

/**
 * The boot, and the pid namespace within it where that is not the machine's first: a container or a sandbox has numbers of
 * its own, so that a number tells nothing to those outside (pid_namespaces(7)).
 */
export function readBootId(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const namespace = ownNamespace();
  return namespace === null ? boot : `${boot}:${namespace}`;
}

/** Null where it is the machine's first. */
export function ownNamespace(): string | null {
  const namespace = namespaceOf('self');
  return namespace === firstNamespace ? null : namespace;
}

/** What a look from here shows of a process of another pid namespace of this boot. */
export interface ElsewhereFacts {
  /** Those of that namespace are among ours, since it is one below ours, or nobody is left in it. */
  readonly isInSight: boolean;
  /** The process as it is called here; null when it is gone, or out of sight. */
  readonly here: ProcessIdentity | null;
}

/** Everyone alive whom we see in another pid namespace than ours, by namespace and by the number that he has there. */
export type Elsewhere = ReadonlyMap<string, ReadonlyMap<number, ProcessIdentity>>;

/** @param bootId ours */
export async function sweepElsewhere(bootId: string): Promise<Elsewhere> {
  const own = namespaceOf('self');
  const found = new Map<string, Map<number, ProcessIdentity>>();
  await inSlices(listedPids(), (pid) => {
    const namespace = namespaceOf(pid);
    if (namespace === null || namespace === own) return;
    const numbers = found.get(namespace) ?? new Map<number, ProcessIdentity>();
    found.set(namespace, numbers);
    const [number, stat] = [innermostPid(pid), readStat(pid)];
    if (number !== null && stat?.state === 'alive') numbers.set(number, { bootId, pid, startTime: stat.startTime });
  });
  return found;
}

/**
 * @param bootId ours
 * @param isDeserted whether nobody is left in a namespace, see NamespacePipes
 */
export function foundElsewhere(
  elsewhere: Elsewhere,
  bootId: string,
  identity: ProcessIdentity,
  isDeserted: (namespace: string) => boolean,
): ElsewhereFacts {
  const namespace = identity.bootId.split(':')[1] ?? firstNamespace;
  const numbers = elsewhere.get(namespace);
  const found = numbers?.get(identity.pid);
  return {
    isInSight: !bootId.includes(':') || numbers !== undefined || isDeserted(namespace),
    here: found?.startTime === identity.startTime ? found : null,
  };
}

/** Null of those of other users. */
function namespaceOf(pid: number | 'self'): string | null {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0] ?? null;
  } catch {
    return null;
  }
}

/** The number of a process in the namespace that it lives in, which is the last of those that it has (proc(5), NSpid). */
export function innermostPid(pid: number): number | null {
  try {
    const numbers = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return numbers === undefined ? null : Number(numbers.split('\t').at(-1));
  } catch {
    return null;
  }
}
