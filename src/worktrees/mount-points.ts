import { readFile } from 'node:fs/promises';
import { unlessMissing } from './system-failure.ts';

/**
 * Folders below a folder where something else is mounted: what is in them belongs elsewhere, and a bind mount cannot be
 * told from a plain folder by looking at it. Empty where the platform does not tell.
 */
export async function mountPointsBelow(directory: string): Promise<string[]> {
  const table = await unlessMissing(readFile('/proc/self/mountinfo', 'utf8'));
  return (table ?? '')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((path) => path.startsWith(`${directory}/`) || path === directory);
}

/** Spaces, tabs, line breaks and backslashes stand there as `\` and three octal digits each. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}
