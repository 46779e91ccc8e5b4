import { rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { detailOf, WardenError } from '../core/errors.ts';
import { readableName, runFiles } from '../core/run-files.ts';

/**
 * Declares a critical section of a run: a file with our pid, which counts while we live.
 * @param argv what is done in it; only the program and a plain first word are told, since the rest may hold secrets
 * @throws WardenError not_in_a_run when the run has no folder, disk_full, state_folder_not_writable
 */
export async function declareSection(
  runFolder: string,
  argv: readonly [string, ...string[]],
): Promise<{ end(): void }> {
  const folder = path.join(runFolder, runFiles.critical);
  const file = await firstFree(folder, nameOf(argv));
  const end = (): void => {
    process.off('exit', end);
    rmSync(file, { force: true });
  };
  process.on('exit', end);
  return { end };
}

async function firstFree(folder: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const file = path.join(folder, number === 1 ? name : `${name} ${number}`);
    try {
      await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
      await writeFile(file, `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
      return file;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (code === 'ENOENT')
        throw new WardenError('not_in_a_run', { runDirectory: path.dirname(folder), runId: null }, { cause: error });
      if (code === 'ENOSPC') throw new WardenError('disk_full', { path: file }, { cause: error });
      const facts = { path: folder, detail: detailOf(error) };
      throw new WardenError('state_folder_not_writable', facts, { cause: error });
    }
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function nameOf([program, first = '']: readonly [string, ...string[]]): string {
  const words = [program.split(/[\\/]/).at(-1) ?? '', /^\w[\w.:@-]*$/.test(first) ? first : ''];
  const name = readableName(words.join(' ')).replaceAll(/[<>:"/\\|?*]/g, '_');
  return /^\.*$/.test(name) ? 'command' : name;
}
