import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/** A path with the links on the way to it resolved, as git writes down where a worktree is; there or not. */
export async function placeOf(path: string): Promise<string> {
  const parent = await unlessMissing(realpath(dirname(path)));
  return parent === null ? path : join(parent, basename(path));
}
