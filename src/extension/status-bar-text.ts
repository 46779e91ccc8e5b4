import { plainEnglish, type Translate } from '../core/translate.ts';
import { needsPerson, type WatchedRun } from './attention.ts';

/** What the status bar says, without icons; null when there is nothing to say. */
export interface StatusBarText {
  readonly text: string;
  readonly needy: number;
}

export function statusBarText(runs: readonly WatchedRun[], translate: Translate = plainEnglish): StatusBarText | null {
  const counts = {
    needy: runs.filter(needsPerson).length,
    running: runs.filter(({ report: { run } }) => run.status === 'running' || run.status === 'terminating').length,
    queued: runs.filter(({ report: { run } }) => run.status === 'pending').length,
  };
  const parts = [
    counts.needy === 1 ? translate('1 needs you') : translate('{0} need you', counts.needy),
    translate('{0} running', counts.running),
    translate('{0} queued', counts.queued),
  ].filter((_part, index) => [counts.needy, counts.running, counts.queued][index] !== 0);
  if (parts.length === 0) return null;
  return { text: translate('Warden: {0}', parts.join(' · ')), needy: counts.needy };
}
