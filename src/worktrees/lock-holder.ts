import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processState } from './process-state.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

/** A process that holds the lock of a repository, told apart from every other that has or will have its number. */
export interface LockHolder {
  /** One per acquisition; never used again. */
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** Null where the platform does not tell. */
  readonly bootId: string | null;
  /** Null where the platform does not tell. Numbers of processes mean something within one namespace only. */
  readonly pidNamespace: string | null;
  /** Clock ticks since boot; null where the platform does not tell. */
  readonly startTime: string | null;
}

/** Ourselves, as every process of the machine sees us. */
export async function holderOf(token: string): Promise<LockHolder> {
  const machine = await machineOfOurs();
  return { token, pid: process.pid, ...machine, startTime: (await processState(process.pid))?.startTime ?? null };
}

/** Proof that the holder is gone. Whoever cannot be looked at, on another machine or in another container, is not. */
export async function isGone(holder: LockHolder): Promise<boolean> {
  const ours = await machineOfOurs();
  if (holder.bootId !== ours.bootId) return holder.host === ours.host;
  if (holder.pidNamespace !== ours.pidNamespace) return false;
  if (holder.bootId === null && holder.host !== ours.host) return false;
  if (!isNumberInUse(holder.pid)) return true;
  const state = await processState(holder.pid);
  return state !== null && (state.isZombie || (holder.startTime !== null && state.startTime !== holder.startTime));
}

/** @returns null when the text is not one that a holder wrote */
export function parseHolder(text: string): LockHolder | null {
  try {
    const { token, pid, host, bootId, pidNamespace, startTime } = JSON.parse(text) as Record<string, unknown>;
    if (typeof token !== 'string' || typeof host !== 'string' || !Number.isInteger(pid)) return null;
    return {
      token,
      pid: Number(pid),
      host,
      bootId: textOrNull(bootId),
      pidNamespace: textOrNull(pidNamespace),
      startTime: textOrNull(startTime),
    };
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

async function machineOfOurs(): Promise<Pick<LockHolder, 'host' | 'bootId' | 'pidNamespace'>> {
  if (process.platform !== 'linux') return { host: hostname(), bootId: null, pidNamespace: null };
  const bootId = await unlessMissing(readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  return {
    host: hostname(),
    bootId: bootId?.trim() ?? null,
    pidNamespace: await unlessMissing(readlink('/proc/self/ns/pid')),
  };
}

function isNumberInUse(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
