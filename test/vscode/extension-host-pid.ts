import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until exactly one extension host runs: one that ended is soon replaced, one of a closed window soon goes.
 *
 * @throws when after 15 s it is still none, or more than one
 */
export async function onlyExtensionHost(find: () => Promise<number[]>): Promise<number> {
  for (const deadline = performance.now() + 15_000; ; await delay(100)) {
    const [pid, ...others] = await find();
    if (pid !== undefined && others.length === 0) return pid;
    if (performance.now() > deadline) {
      throw new Error(`Not one extension host runs, but ${pid === undefined ? 'none' : others.length + 1}.`);
    }
  }
}
