import type { Port, PortState } from '../core/aftermath.ts';
import type { Member } from '../core/membership.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** No kill waits longer to find out which ports will have to be free. */
const limitMilliseconds = 250;

/** Ports on which a run listens, asked before its first signal; none where that cannot be found out in time. */
export async function ownPortsOf(world: World, members: readonly Member[]): Promise<readonly Port[]> {
  try {
    // The wrapper is ours, and still holds a socket to who launched it: for it alone no table would have to be read.
    const identities = members.filter(({ role }) => role !== 'wrapper').map(({ identity }) => identity);
    return (await within(world.clock, limitMilliseconds, world.executor.ownPortsOf(identities))) ?? [];
  } catch (error) {
    world.diagnostics.failed('looking for ports', error);
    return [];
  }
}

/** What became of them, once nobody of the run is left. */
export async function portStatesOf(world: World, ports: readonly Port[]): Promise<readonly PortState[]> {
  try {
    return await world.executor.portStatesOf(ports);
  } catch (error) {
    world.diagnostics.failed('looking whether ports are free', error);
    return ports.map(({ port, protocol }) => ({ port, protocol, state: 'unknown', holder: null }));
  }
}
