import { readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Port, PortState } from '../core/aftermath.ts';
import { inSlices } from './in-slices.ts';
import { listedPids, readStat } from './linux-stat.ts';
import { keyOf } from './listeners.ts';

/** How long is searched for sockets: those that were not found by then are not told of. */
const limits = { beforeSignal: 100, afterEnd: 2_000 };

/** Who has bound a port, in the network namespace that we are in: what is in another one is not in these files. */
interface Socket extends Port {
  readonly inode: string;
}

const tables = [
  { file: '/proc/self/net/tcp', protocol: 'tcp', state: '0A' },
  { file: '/proc/self/net/tcp6', protocol: 'tcp', state: '0A' },
  // UDP does not listen: bound and connected to nobody is what comes closest.
  { file: '/proc/self/net/udp', protocol: 'udp', state: '07' },
  { file: '/proc/self/net/udp6', protocol: 'udp', state: '07' },
] as const;

/** Ports on which these processes listen, and nobody else does. */
export async function ownPortsOf(pids: readonly number[]): Promise<Port[]> {
  const own = new Set<string>();
  await searchSockets(pids, limits.beforeSignal, (_pid, inode) => own.add(inode), isOpenedByItself);
  // The kernel takes longer to list all sockets of the machine than to say what a hundred shells have open.
  if (own.size === 0) return [];
  const ports = new Map<string, { readonly port: Port; isOwn: boolean }>();
  for (const { inode, port, protocol } of await listeningSockets()) {
    const key = keyOf({ port, protocol });
    const isOwn = own.has(inode) && (ports.get(key)?.isOwn ?? true);
    ports.set(key, { port: { port, protocol }, isOwn });
  }
  return Array.from(ports.values()).flatMap(({ port, isOwn }) => (isOwn ? [port] : []));
}

/** Input and outputs are given to a process; what it listens on it opens itself. Most have nothing else. */
const isOpenedByItself = (descriptor: string): boolean => Number(descriptor) > 2;

/** Who listens on these ports now. */
export async function portStatesOf(ports: readonly Port[]): Promise<PortState[]> {
  const asked = new Set(ports.map(keyOf));
  const taken = new Map<string, string>();
  for (const socket of await listeningSockets()) {
    if (asked.has(keyOf(socket))) taken.set(socket.inode, keyOf(socket));
  }
  const holders = new Map<string, PortState['holder']>();
  if (taken.size > 0) {
    const everyone = listedPids();
    await searchSockets(everyone, limits.afterEnd, (pid, inode) => {
      const key = taken.get(inode);
      const stat = key === undefined ? null : readStat(pid);
      if (key !== undefined && stat !== null && !holders.has(key)) holders.set(key, { pid, name: stat.name });
    });
  }
  const isTaken = new Set(taken.values());
  return ports.map(({ port, protocol }) => {
    const key = keyOf({ port, protocol });
    return { port, protocol, state: isTaken.has(key) ? 'taken' : 'free', holder: holders.get(key) ?? null };
  });
}

/** Tells the number of each socket that the processes have open. Those of other users cannot be looked into. */
async function searchSockets(
  pids: readonly number[],
  limitMilliseconds: number,
  found: (pid: number, inode: string) => void,
  mayBe: (descriptor: string) => boolean = () => true,
): Promise<void> {
  await inSlices(descriptorsOf(pids, performance.now() + limitMilliseconds), ({ pid, descriptor }) => {
    if (!mayBe(descriptor)) return;
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      if (target.startsWith('socket:[')) found(pid, target.slice('socket:['.length, -1));
    } catch {
      // Closed since.
    }
  });
}

function* descriptorsOf(
  pids: readonly number[],
  end: number,
): Generator<{ readonly pid: number; readonly descriptor: string }> {
  for (const pid of pids) {
    let descriptors: string[];
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`);
    } catch {
      continue;
    }
    for (const descriptor of descriptors) {
      if (performance.now() > end) return;
      yield { pid, descriptor };
    }
  }
}

async function listeningSockets(): Promise<Socket[]> {
  const sockets: Socket[] = [];
  await Promise.all(
    tables.map(async ({ file, protocol, state }) => {
      // IPv6 may not be there.
      const text = await readFile(file, 'latin1').catch(() => '');
      await inSlices(text.split('\n'), (line) => {
        const socket = socketIn(line, protocol, state);
        if (socket !== null) sockets.push(socket);
      });
    }),
  );
  return sockets;
}

/** `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 …` (proc_net_tcp in the kernel's documentation) */
export function socketIn(line: string, protocol: Port['protocol'], state: string): Socket | null {
  const fields = line.trim().split(/\s+/);
  const [, local, , found] = fields;
  const inode = fields[9];
  if (local === undefined || found !== state || inode === undefined) return null;
  const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
  return { protocol, port, inode };
}
