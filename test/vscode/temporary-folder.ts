import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onProcessExit } from './exit.ts';

/** A new folder that goes when it is removed, or when this process ends. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function createTemporaryFolder(): Promise<TemporaryFolder> {
  // The name is short because VS Code puts unix sockets inside, whose path may have only about 100 characters.
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'vsc-')));
  const forget = onProcessExit(() => rmSync(folder, { recursive: true, force: true }));
  return {
    path: folder,
    async remove() {
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
      forget();
    },
  };
}
