import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { MachineFacts } from '../core/machine.ts';
import type { Machine } from '../core/ports/machine.ts';

/** What Node tells of the machine: no file is written and no process started. */
export const systemMachine: Machine = {
  look: async (paths) => ({
    loadPerCore: process.platform === 'win32' ? null : (loadavg()[0] ?? 0) / availableParallelism(),
    memory: { freeBytes: freemem(), totalBytes: totalmem() },
    disks: (await Promise.all(paths.map(freeOn))).flat(),
  }),
};

async function freeOn(path: string): Promise<MachineFacts['disks']> {
  try {
    const { bavail, bsize } = await statfs(path);
    return [{ path, freeBytes: bavail * bsize }];
  } catch {
    return [];
  }
}
