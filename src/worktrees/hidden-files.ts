import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-failure.ts';

/** Of an entry before its name (gitformat-index(5)), with a name of the commit's kind of so many bytes in it. */
const bytesBeforeName = (bytesOfName: number): number => 40 + bytesOfName + 2;

const assumedUnchanged = 0x80_00;
const nameLength = 0x0f_ff;

/**
 * Whether git may have been told not to look at some file (`--assume-unchanged`, `--skip-worktree`), so that its `status`
 * does not tell of changes in it. Says so, too, of an index that it does not know enough of.
 * @param gitDirectory that the index is in
 */
export async function mayHideFiles(gitDirectory: string): Promise<boolean> {
  const index = await unlessMissing(readFile(join(gitDirectory, 'index')));
  // Without one every file is told.
  return index !== null && [20, 32].every((bytesOfName) => mayHide(index, bytesOfName));
}

/** Git writes version 2 unless an entry needs more, as one that is skipped does, or other settings than usual ask for it. */
function mayHide(index: Buffer, bytesOfName: number): boolean {
  if (index.length < 12 || index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2) return true;
  const before = bytesBeforeName(bytesOfName);
  let start = 12;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    if (start + before > index.length - bytesOfName) return true;
    const flags = index.readUInt16BE(start + before - 2);
    if ((flags & assumedUnchanged) !== 0) return true;
    const length = flags & nameLength;
    const end = length === nameLength ? index.indexOf(0, start + before) : start + before + length;
    if (end < 0 || index[end] !== 0) return true;
    // One to eight zeros, so that the next begins at a multiple of eight from here.
    start += Math.ceil((end + 1 - start) / 8) * 8;
  }
  // A split index has more entries elsewhere.
  return index.toString('latin1', start, start + 4) === 'link';
}
