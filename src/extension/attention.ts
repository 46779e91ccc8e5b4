import type { RunReport } from '../supervisor/supervisor.ts';

/** A run with what decides whether somebody is told of it. */
export interface WatchedRun {
  readonly report: RunReport;
  readonly snoozed: boolean;
}

/** A run that is stuck, at a limit, not to be killed, or waits for an answer, unless its owner said not to hear of it. */
export function needsPerson({ report, snoozed }: WatchedRun): boolean {
  const { run, health } = report;
  const isUnderWay = run.status === 'running' || run.status === 'terminating';
  return !snoozed && isUnderWay && (health.level === 'critical' || health.isWaiting);
}

/** What people were told: the runs, each with the state that it was in. */
export type Told = ReadonlyMap<string, string>;

/**
 * Of which runs people are to be told now: once for a run and state. A run that recovers or is snoozed is forgotten, so
 * that they hear of it again.
 */
export function tellNow(told: Told, runs: readonly WatchedRun[]): { readonly news: WatchedRun[]; readonly told: Told } {
  const needy = runs.filter(needsPerson);
  return {
    news: needy.filter(({ report }) => told.get(report.run.runId) !== report.run.status),
    told: new Map(needy.map(({ report }) => [report.run.runId, report.run.status])),
  };
}
