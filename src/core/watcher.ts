import type { Actor } from './run.ts';
import type { Translate } from './translate.ts';

/** The one who watches over the runs. */
export interface Watching {
  readonly face: Actor['face'];
  /** Null for those who are told nothing of the machine. */
  readonly pid: number | null;
  /** Since he told last that he watches. */
  readonly heartbeatAgeMilliseconds: number;
}

export interface WatcherJson {
  readonly face: Actor['face'];
  readonly pid: number | null;
  readonly heartbeat_age_ms: number;
}

export function watcherJson(watching: Watching | null): WatcherJson | null {
  if (watching === null) return null;
  return { face: watching.face, pid: watching.pid, heartbeat_age_ms: Math.round(watching.heartbeatAgeMilliseconds) };
}

export function describeWatcher(watching: Watching | null, translate: Translate): string {
  if (watching === null) {
    return translate(
      'nobody: no limit is kept, and nothing is started again. `warden watch` or a window of VS Code does that',
    );
  }
  const pid = String(watching.pid ?? '?');
  return watching.face === 'vscode'
    ? translate('a window of VS Code (pid {0})', pid)
    : translate('warden watch (pid {0})', pid);
}
