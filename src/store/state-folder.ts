import envPaths from 'env-paths';
import path from 'node:path';

/** `WARDEN_STATE_DIR`, or the user's state folder: one for VS Code, its forks and the command line. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  const asked = environment['WARDEN_STATE_DIR'];
  if (asked !== undefined && asked !== '') return path.resolve(asked);
  const folders = envPaths('workflow-warden', { suffix: '' });
  // XDG's state folder is what env-paths calls "log"; the other systems keep such things with the data.
  return process.platform === 'linux' ? folders.log : folders.data;
}

export const databaseFile = (folder: string): string => path.join(folder, 'warden.db');
