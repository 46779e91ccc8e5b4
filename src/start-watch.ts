import { startDetached } from './processes/start-detached.ts';
import { stateFolder } from './store/state-folder.ts';

export interface StartWatchOptions {
  /** The bundle, which is the command `warden` too. */
  readonly entry: string;
  /** Longest time between two looks at the runs. */
  readonly intervalSeconds: number;
  /** Whether failed and stuck runs are started again where their workflow says so. */
  readonly mayLaunch: boolean;
  /** Of the daily pass over the worktrees; null for none. */
  readonly maxAgeHours: number | null;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Starts `warden watch` as a process of its own, which stands in for the windows once the last one is closed. It finds out
 * by itself whether it is needed: where a window or another such process watches, or nothing runs, it ends within seconds.
 * What it has to say goes to `watch.log` in the state folder.
 * @throws the system's own error when it cannot be started
 */
export function startWatch(options: StartWatchOptions): void {
  const { entry, intervalSeconds, mayLaunch, maxAgeHours, environment = process.env } = options;
  const folder = stateFolder(environment);
  startDetached({
    script: entry,
    parameters: [
      'watch',
      '--if-needed',
      `--interval=${intervalSeconds}`,
      ...(mayLaunch ? [] : ['--start-nothing']),
      maxAgeHours === null ? '--no-daily-cleanup' : `--max-age-hours=${maxAgeHours}`,
    ],
    // A relative WARDEN_STATE_DIR would be taken from the other working directory.
    environment: { ...environment, WARDEN_STATE_DIR: folder },
    workingDirectory: folder,
    logFile: `${folder}/watch.log`,
  });
}
