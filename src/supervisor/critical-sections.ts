import type { CriticalSection } from '../core/critical-section.ts';
import type { Member } from '../core/membership.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

/** What should not be cut in two right now. */
export function criticalSectionsOf(
  _world: World,
  _run: Run,
  _members: readonly Member[],
): Promise<readonly CriticalSection[]> {
  return Promise.resolve([]);
}

/** Milliseconds that the run asked for when it was told to end. */
export function moreTimeOf(_world: World, _run: Run): Promise<number> {
  return Promise.resolve(0);
}
