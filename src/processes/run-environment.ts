/** What belongs to the host alone: with ELECTRON_RUN_AS_NODE a run's own Electron programs would start as Node. */
const hostOnly =
  /^(ELECTRON_.*|NODE_OPTIONS|VSCODE_.*|WARDEN_RUN_ID|WARDEN_PARENT_RUN_ID|WARDEN_RUN_DIR|WARDEN_RUN_TOKEN|WARDEN_CHECKPOINT_DIR|WARDEN_RESTARTED_FROM|WARDEN_ROOT|WARDEN_MESSAGE|WARDEN_PORT(_COUNT|_\d+)?)$/i;

/** What tells programs where to put their temporary files. */
export function temporaryFolderVariables(folder: string): Record<string, string> {
  return process.platform === 'win32' ? { TEMP: folder, TMP: folder } : { TMPDIR: folder };
}

/** The environment that a run starts from. */
export function runEnvironment(host: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !hostOnly.test(entry[0]),
    ),
  );
}
