import type { Alert } from '../core/alerts.ts';
import { plainEnglish, type Translate } from '../core/translate.ts';
import { needsPerson, type WatchedRun } from './attention.ts';
import { type Lapse, lapseTitle } from './lapse-words.ts';

/** What the status bar says, without icons; null when there is nothing to say. */
export interface StatusBarText {
  readonly text: string;
  /** Somebody should look. */
  readonly isWarning: boolean;
}

/** @param lapse while it lasts nothing is counted: what was seen before may not be so any more */
export function statusBarText(
  runs: readonly WatchedRun[],
  alerts: readonly Alert[] = [],
  lapse: Lapse | null = null,
  translate: Translate = plainEnglish,
): StatusBarText | null {
  if (lapse !== null) return { text: lapseTitle(lapse, translate), isWarning: true };
  const critical = alerts.filter(({ level }) => level === 'critical').length;
  const counts = {
    needy: runs.filter(needsPerson).length,
    running: runs.filter(({ report: { run } }) => run.status === 'running' || run.status === 'terminating').length,
    queued: runs.filter(({ report: { run } }) => run.status === 'pending').length,
  };
  const parts = [
    critical === 1 ? translate('1 alert') : translate('{0} alerts', critical),
    counts.needy === 1 ? translate('1 needs you') : translate('{0} need you', counts.needy),
    translate('{0} running', counts.running),
    translate('{0} queued', counts.queued),
  ].filter((_part, index) => [critical, counts.needy, counts.running, counts.queued][index] !== 0);
  if (parts.length === 0) return null;
  return { text: translate('Warden: {0}', parts.join(' · ')), isWarning: counts.needy + critical > 0 };
}
