import type { MachineFacts } from '../machine.ts';

/** The machine as a whole. */
export interface Machine {
  /** Starts no process. What of the disks cannot be looked at is left out. @param paths whose disks */
  look(paths: readonly string[]): Promise<MachineFacts>;
}
