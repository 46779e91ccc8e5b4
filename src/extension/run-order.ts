import type { RunStatus } from '../core/run-status.ts';
import { needsPerson, type WatchedRun } from './attention.ts';

const ranks: Readonly<Record<RunStatus, number>> = {
  running: 1,
  terminating: 1,
  pending: 2,
  completed: 3,
  failed: 3,
  terminated: 3,
  killed: 3,
};

/** What needs a person first, then what runs, what waits and what is over; the newest of each first. */
export function inOrder<Watched extends WatchedRun>(runs: readonly Watched[]): Watched[] {
  return [...runs].sort(
    (one, other) => rankOf(one) - rankOf(other) || timeOf(other) - timeOf(one) || idOf(one).localeCompare(idOf(other)),
  );
}

function rankOf(watched: WatchedRun): number {
  return needsPerson(watched) ? 0 : ranks[watched.report.run.status];
}

function timeOf({ report: { run } }: WatchedRun): number {
  return run.endedAt ?? run.createdAt;
}

function idOf({ report }: WatchedRun): string {
  return report.run.runId;
}
