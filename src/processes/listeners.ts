import type { Port, PortState } from '../core/aftermath.ts';

/** A process and a port that it listens on, as the listings of some systems show it. */
export interface Listener extends Port {
  readonly pid: number;
  readonly name: string;
}

export const keyOf = ({ port, protocol }: Port): string => `${protocol} ${port}`;

/** Ports on which these processes listen, and nobody else does. */
export function ownPortsIn(listeners: readonly Listener[], pids: ReadonlySet<number>): Port[] {
  const others = new Set(listeners.filter(({ pid }) => !pids.has(pid)).map(keyOf));
  const own = new Map<string, Port>();
  for (const { pid, port, protocol } of listeners) {
    const key = keyOf({ port, protocol });
    if (pids.has(pid) && !others.has(key)) own.set(key, { port, protocol });
  }
  return [...own.values()];
}

/** Who listens on these ports. */
export function portStatesIn(listeners: readonly Listener[], ports: readonly Port[]): PortState[] {
  return ports.map(({ port, protocol }) => {
    const listener = listeners.find((one) => one.port === port && one.protocol === protocol);
    if (listener === undefined) return { port, protocol, state: 'free', holder: null };
    return { port, protocol, state: 'taken', holder: { pid: listener.pid, name: listener.name } };
  });
}
