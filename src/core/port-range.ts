import { WardenError } from './errors.ts';

/** Ports that follow each other: `count` of them from `first` on. */
export interface PortRange {
  readonly first: number;
  readonly count: number;
}

/** Where ports for runs are taken from, both ends included. Below 32768, where Linux begins to give ports out by itself. */
export interface PortBounds {
  readonly first: number;
  readonly last: number;
}

export const defaultPortBounds: PortBounds = { first: 20_000, last: 29_999 };

/**
 * Free ports that follow each other, at a multiple of their number where there are such: else those who ask for as many
 * leave gaps between them in which nobody has room.
 * @param from where to begin to look: those who ask at random places rarely get what another has just given back
 * @throws WardenError no_free_ports
 */
export function freePorts(bounds: PortBounds, count: number, taken: readonly PortRange[], from: number): PortRange {
  const inOrder = taken.toSorted((one, other) => one.first - other.first);
  const slots = Math.max(1, Math.floor((bounds.last - bounds.first + 1) / count));
  const middle = bounds.first + (from % slots) * count;
  const inStep = (port: number): number => bounds.first + Math.ceil((port - bounds.first) / count) * count;
  const first =
    firstFree(middle, bounds.last, count, inOrder, inStep) ??
    firstFree(bounds.first, bounds.last, count, inOrder, inStep) ??
    firstFree(bounds.first, bounds.last, count, inOrder, (port) => port);
  if (first === null) throw new WardenError('no_free_ports', { count, first: bounds.first, last: bounds.last });
  return { first, count };
}

/** @param next the first port at or behind the given one that may be looked at */
function firstFree(
  from: number,
  last: number,
  count: number,
  taken: readonly PortRange[],
  next: (port: number) => number,
): number | null {
  let first = from;
  for (const range of taken) {
    const end = range.first + range.count;
    if (end <= first) continue;
    if (range.first >= first + count) break;
    first = next(end);
  }
  return first + count - 1 <= last ? first : null;
}

/** What the commands of a run are told of its ports; nothing where it has none. */
export function portVariables(ports: PortRange | null): Record<string, string> {
  if (ports === null) return {};
  const each = Array.from({ length: ports.count }, (_, index) => [
    `WARDEN_PORT_${index + 1}`,
    String(ports.first + index),
  ]);
  return {
    WARDEN_PORT: String(ports.first),
    WARDEN_PORT_COUNT: String(ports.count),
    ...(Object.fromEntries(each) as Record<string, string>),
  };
}

/** `20000`, or `20000-20002`. */
export function describePorts({ first, count }: PortRange): string {
  return count === 1 ? String(first) : `${first}-${first + count - 1}`;
}
