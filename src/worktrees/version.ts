import { tmpdir } from 'node:os';
import { gitText } from './git.ts';

/** The version of the git on the PATH, e.g. `2.39.5`. @throws WardenError git_not_found */
export async function version(): Promise<string> {
  const text = await gitText({ directory: tmpdir(), arguments: ['version'], operation: 'look at git' });
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? text;
}
