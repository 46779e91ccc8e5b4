import envPaths from 'env-paths';
import path from 'node:path';

/** `WARDEN_STATE_DIR`, or the user's state folder: one for VS Code, its forks and the command line. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  const asked = environment['WARDEN_STATE_DIR'];
  return asked === undefined || asked === '' ? envPaths('workflow-warden', { suffix: '' }).log : path.resolve(asked);
}

export const databaseFile = (folder: string): string => path.join(folder, 'warden.db');
