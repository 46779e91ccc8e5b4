import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Looks a program up as the system would when it starts it.
 * @returns its file, or null when there is none that may be executed
 */
export async function findProgram(
  program: string,
  workingDirectory: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  const extensions =
    process.platform === 'win32' ? ['', ...(environment['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';')] : [''];
  const hasFolder = program.includes('/') || (process.platform === 'win32' && program.includes('\\'));
  const folders = hasFolder ? [workingDirectory] : (pathOf(environment) ?? '').split(path.delimiter);
  for (const folder of folders) {
    for (const extension of extensions) {
      const file = path.resolve(workingDirectory, folder, program + extension);
      if (await isExecutable(file)) return file;
    }
  }
  return null;
}

/** Windows writes it `Path`. */
function pathOf(environment: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH')?.[1];
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
