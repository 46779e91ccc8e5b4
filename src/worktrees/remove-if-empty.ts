import { rmdir } from 'node:fs/promises';
import { systemCode } from './system-failure.ts';

/** Removes a folder that holds nothing; any other stays. */
export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    const code = systemCode(error);
    if (code === null || !['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EBUSY'].includes(code)) throw error;
  }
}
