import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/**
 * Commits that HEAD was at, by the file in which git keeps its reflog (git itself stops at a line that it cannot read).
 * None where there is no such file.
 * @param gitDirectory that HEAD is in
 */
export async function namesInReflog(gitDirectory: string): Promise<string[]> {
  const lines = await reflogOf(gitDirectory);
  const names = lines.match(/^[0-9a-f]{40,64} [0-9a-f]{40,64}(?= )/gm)?.flatMap((pair) => pair.split(' ')) ?? [];
  return [...new Set(names)].filter((name) => !/^0+$/.test(name));
}

/** Whether HEAD has been moved by more than resets and checkouts, of which no commit comes. */
export async function hasWorkInReflog(gitDirectory: string): Promise<boolean> {
  return /^[^\t]*\t(?!reset: |checkout: )\S/m.test(await reflogOf(gitDirectory));
}

async function reflogOf(gitDirectory: string): Promise<string> {
  return (await unlessMissing(readFile(join(gitDirectory, 'logs', 'HEAD'), 'latin1'))) ?? '';
}
