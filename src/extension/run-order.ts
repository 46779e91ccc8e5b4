import type { RunStatus } from '../core/run-status.ts';
import { needsPerson, type WatchedRun } from './attention.ts';

/** The sections of the tree of runs, in their order. */
export const sections = ['needsYou', 'running', 'queued', 'recent'] as const;

export type Section = (typeof sections)[number];

const sectionOfStatus: Readonly<Record<RunStatus, Section>> = {
  running: 'running',
  terminating: 'running',
  pending: 'queued',
  completed: 'recent',
  failed: 'recent',
  terminated: 'recent',
  killed: 'recent',
};

export function sectionOf(watched: WatchedRun): Section {
  return needsPerson(watched) ? 'needsYou' : sectionOfStatus[watched.report.run.status];
}

/** What needs a person first, then what runs, what waits for its turn, the next one first, and what is over, the newest first. */
export function inOrder<Watched extends WatchedRun>(runs: readonly Watched[]): Watched[] {
  return [...runs].sort(
    (one, other) => rankOf(one) - rankOf(other) || timeOf(other) - timeOf(one) || idOf(one).localeCompare(idOf(other)),
  );
}

function rankOf(watched: WatchedRun): number {
  return sections.indexOf(sectionOf(watched));
}

/** Negative where the oldest comes first. */
function timeOf({ report: { run } }: WatchedRun): number {
  return run.status === 'pending' ? -run.createdAt : (run.endedAt ?? run.createdAt);
}

function idOf({ report }: WatchedRun): string {
  return report.run.runId;
}
