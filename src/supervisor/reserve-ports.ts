import { freePorts, type PortRange } from '../core/port-range.ts';
import type { Run } from '../core/run.ts';
import { isLaunchedHere } from './queued-launches.ts';
import type { World } from './world.ts';

/**
 * Reserves the ports that the workflow asks for: in the database, where no two get the same, and then looked at, since
 * anyone else on the machine may listen there. They are the run's until it is over, and it is over only when nobody of
 * it is left.
 * @returns the run with them
 * @throws WardenError no_free_ports; an AbortError when the launch was cancelled
 */
export async function reservePorts(world: World, run: Run): Promise<Run> {
  const { ports: count, portBounds } = run.workflow;
  if (count === 0) return run;
  const from = world.randomBytes(4).reduce((number, byte) => number * 256 + byte, 0);
  const inUse: PortRange[] = [];
  for (;;) {
    const reserved = await world.store.reservePorts(
      run.runId,
      (now) => isLaunchedHere(world, now),
      (taken) => freePorts(portBounds, count, [...taken, ...inUse], from),
    );
    if (reserved?.ports == null) throw new DOMException('the launch was cancelled', 'AbortError');
    const { first } = reserved.ports;
    const busy = await world.executor.busyPorts(Array.from({ length: count }, (_, index) => first + index));
    if (busy.length === 0) return reserved;
    inUse.push(...busy.map((port) => ({ first: port, count: 1 })));
  }
}
