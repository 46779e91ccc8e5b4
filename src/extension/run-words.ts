import { isToGoOn } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import type { WatchedRun } from './attention.ts';
import { type RunWord, runWords } from './identifiers.ts';

/** Whether a thing can be done with a run now; the menus and the pickers ask the same. */
export function may(word: RunWord, watched: WatchedRun): boolean {
  return rules[word](watched.report.run, watched);
}

const rules: Readonly<Record<RunWord, (run: Run, watched: WatchedRun) => boolean>> = {
  killable: ({ status }, { report: { retry } }) => status !== 'terminating' && isToGoOn(status, retry),
  forceKillable: (run, watched) => run.status === 'running' || mayBeHurried(watched),
  hurriable: (_run, watched) => mayBeHurried(watched),
  restartable: ({ status }) => status === 'running' || isTerminal(status),
  restorable: ({ startedAt, status }) => startedAt !== null && status !== 'terminating',
  completable: ({ status }) => status === 'running',
  logged: ({ startedAt }) => startedAt !== null,
  worktree: ({ worktree }) => worktree !== null,
  snoozable: ({ status }) => status === 'running' || status === 'terminating',
  extendable: ({ status, stop }) => status === 'running' && stop === null,
};

/** A kill that has not come to its last phase by itself, or that left survivors and is tried again later. */
function mayBeHurried({ report: { run, stopping } }: WatchedRun): boolean {
  if (run.status !== 'terminating' || stopping === null) return false;
  return stopping.kind === 'survivors' || stopping.stage !== 'system';
}

/** `run running killable …`: what the menus match. */
export function contextValueOf(watched: WatchedRun): string {
  return ['run', watched.report.run.status, ...runWords.filter((word) => may(word, watched))].join(' ');
}
