import type { GitRequest } from './git.ts';
import { durable, type TemporaryIndex } from './temporary-index.ts';

/**
 * What asks git to write files as objects, byte for byte as they are. The answer names the objects, one a line, in the order
 * of the files; it fails where one of them cannot be read.
 * @param paths a byte per character; absolute, or relative to the worktree
 */
export function writingBlobs(index: TemporaryIndex, paths: readonly string[]): GitRequest {
  return {
    ...index,
    arguments: [...durable, 'hash-object', '-w', '--no-filters', '--stdin-paths'],
    input: Buffer.from(paths.map((path) => `${quotedPath(path)}\n`).join(''), 'latin1'),
    operation: 'keep work',
  };
}

/** A name as git reads it from a line, whatever is in it. */
function quotedPath(name: string): string {
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`;
}
