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

/**
 * @param bootId ours
 * @param isDeserted whether nobody is left in a namespace, see NamespacePipes
 */
export async function lookElsewhere(
  bootId: string,
  { bootId: elsewhere, pid, startTime }: ProcessIdentity,
  isDeserted: (namespace: string) => boolean,
): Promise<ElsewhereFacts> {
  const namespace = elsewhere.split(':')[1] ?? firstNamespace;
  let isInSight = !bootId.includes(':');
  let here: ProcessIdentity | null = null;
  await inSlices(listedPids(), (listed) => {
    if (namespaceOf(listed) !== namespace) return;
    isInSight = true;
    if (innermostPid(listed) !== pid) return;
    const stat = readStat(listed);
    if (stat?.startTime === startTime && stat.state === 'alive') here = { bootId, pid: listed, startTime };
  });
  return { isInSight: isInSight || isDeserted(namespace), here };
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
