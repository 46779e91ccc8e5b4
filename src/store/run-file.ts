import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';

// A run may do with its folder what it likes. Who opens a named pipe in the place of a file waits until somebody opens its
// other end, and with him his thread: nobody would see that run, or any other, and nobody could end it.

/** Windows has none that lie in folders. */
const withoutWaiting = constants.O_NONBLOCK ?? 0;

const flagsOf = { r: constants.O_RDONLY | withoutWaiting, 'r+': constants.O_RDWR | withoutWaiting } as const;

const overwriting = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | withoutWaiting;

/** @throws the system's error; what is no file is not there (ENOENT) */
export function openRunFileAtOnce(file: string, flags: 'r' | 'r+'): number {
  const descriptor = openSync(file, flagsOf[flags]);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw noFile(file);
}

/** @throws the system's error; what is no file is not there (ENOENT) */
export async function openRunFile(file: string, flags: 'r' | 'r+'): Promise<FileHandle> {
  const handle = await open(file, flagsOf[flags]);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw noFile(file);
}

/** @throws the system's error; what is no file is not there (ENOENT) */
export async function readRunFile(file: string): Promise<string> {
  const handle = await openRunFile(file, 'r');
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** For us alone. @throws the system's error */
export function writeRunFile(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600, flag: overwriting });
}

function noFile(file: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${file} is not a file`), { code: 'ENOENT' });
}
