import { lstat, opendir } from 'node:fs/promises';
import type { IgnoredPath } from '../core/checkpoint.ts';
import { git, nulSeparated } from './git.ts';
import { rawJoin } from './raw-path.ts';
import { unlessMissing } from './system-failure.ts';
import type { TemporaryIndex } from './temporary-index.ts';

/** How many files are looked at in all: what is in them is not kept, so that this may take some 100 ms and no more. */
const mostLooks = 10_000;

/** What git ignores in a worktree, with sizes; a folder that is ignored as a whole stands for what is in it. */
export async function ignoredPaths(index: TemporaryIndex): Promise<IgnoredPath[]> {
  const listed = await git({
    ...index,
    arguments: ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'],
    operation: 'keep work',
  });
  const budget = { looks: mostLooks };
  const found: IgnoredPath[] = [];
  for (const name of nulSeparated(listed, 'latin1')) {
    const bytes = Buffer.from(name, 'latin1');
    const path = rawJoin(Buffer.from(index.directory), Buffer.from(name.replace(/\/$/, ''), 'latin1'));
    found.push({ path: bytes.toString('utf8'), ...(await measure(path, budget)) });
  }
  return found;
}

/** What cannot be read or has gone meanwhile counts for nothing. Links are not followed. */
async function measure(path: Buffer, budget: { looks: number }): Promise<Pick<IgnoredPath, 'bytes' | 'isAtLeast'>> {
  if (budget.looks <= 0) return { bytes: 0, isAtLeast: true };
  budget.looks -= 1;
  let isAtLeast = false;
  let bytes = 0;
  try {
    const facts = await unlessMissing(lstat(path));
    if (facts?.isDirectory() !== true) return { bytes: facts?.size ?? 0, isAtLeast };
    for await (const entry of await opendir(path, { encoding: 'buffer' as BufferEncoding })) {
      const inside = await measure(rawJoin(path, entry.name as unknown as Buffer), budget);
      bytes += inside.bytes;
      isAtLeast ||= inside.isAtLeast;
      if (budget.looks <= 0) break;
    }
  } catch {
    isAtLeast = true;
  }
  return { bytes, isAtLeast };
}
