import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { PsProcessTable } from '../../../src/processes/posix-ps.ts';

let folder: string | null = null;

afterEach(async () => {
  vi.unstubAllEnvs();
  if (folder !== null) await rm(folder, { recursive: true });
});

/** The `ps` of this machine tells the start in the same form; only the number of the boot is not to be had. */
async function tableIn(timeZone: string): Promise<PsProcessTable> {
  vi.stubEnv('TZ', timeZone);
  return PsProcessTable.open();
}

test.runIf(process.platform === 'linux')('a process stays the same in another time zone', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'warden-'));
  await writeFile(path.join(folder, 'sysctl'), '#!/bin/sh\necho boot\n');
  await chmod(path.join(folder, 'sysctl'), 0o700);
  vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env['PATH']}`);
  const [here, there] = [await tableIn('Asia/Tokyo'), await tableIn('America/New_York')];
  expect(there.self).toEqual(here.self);
});
