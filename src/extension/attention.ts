import { type HealthMatter, type HealthReason, matterOf, type WeighedReason } from '../core/health.ts';
import { isRetryAwaited } from '../core/retry.ts';
import type { Run, RunReason } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import type { RunReport } from '../supervisor/supervisor.ts';

/** A run with what decides whether somebody is told of it. */
export interface WatchedRun {
  readonly report: RunReport;
  readonly snoozed: boolean;
}

/**
 * Why a run needs a person: it is stuck, over a limit, or waits for an answer, unless its owner said not to hear of it. One
 * that is being stopped needs nobody, unless something of it survives.
 */
export function needsOf({ report: { run, health }, snoozed }: WatchedRun): readonly WeighedReason[] {
  if (snoozed || isTerminal(run.status)) return [];
  return health.reasons.filter(({ level, code }) =>
    run.stop === null ? level === 'critical' || code === 'waiting' : code === 'survivors',
  );
}

export function needsPerson(watched: WatchedRun): boolean {
  return needsOf(watched).length > 0;
}

/** What people are told of; a setting turns each off. */
export const newsKinds = ['stuck', 'waiting', 'limits', 'failed', 'killed'] as const;

export type NewsKind = (typeof newsKinds)[number];

/** A state of a run that people are told of, once for as long as it lasts. */
export interface Concern {
  readonly kind: NewsKind;
  /** Tells it from the other states that a run can be in. */
  readonly state: string;
}

/** A run with the states that people are told of. */
export interface ConcerningRun extends WatchedRun {
  /** At least one. */
  readonly concerns: readonly Concern[];
}

const kinds: Readonly<Record<HealthMatter, NewsKind>> = {
  stuck: 'stuck',
  survivors: 'stuck',
  unseen: 'stuck',
  waiting: 'waiting',
  over_limit: 'limits',
};

/** Whatever it is stuck by is one state; another question is another. */
function concernOf(reason: HealthReason): Concern {
  const matter = matterOf[reason.code];
  const kind = kinds[matter];
  if (reason.code === 'waiting') return { kind, state: `waiting ${reason.question}` };
  return { kind, state: matter === 'stuck' ? 'stuck' : reason.code };
}

/** In how many milliseconds its time limit ends a run that is near it; null where it is not, or may go on beyond. */
export function endsIn({ report: { run, health }, snoozed }: WatchedRun): number | null {
  if (snoozed || run.stop !== null || run.workflow.onTimeout === 'notify') return null;
  const near = health.reasons.find(({ code, level }) => code === 'over_time' && level === 'warning');
  return near?.code === 'over_time' ? (near.limitMinutes - near.minutes) * 60_000 : null;
}

/** How a run fails that nobody ended: what a launch fails by is told by whoever launches. */
const failedByItself: ReadonlySet<RunReason['code']> = new Set([
  'exit_code',
  'signal',
  'lost',
  'lost_in_reboot',
  'launch_interrupted',
]);

/** @param mayGoOn another run has taken its place, or is about to */
function concernsOf(watched: WatchedRun, since: number, mayGoOn: (run: Run) => boolean): readonly Concern[] {
  const { report, snoozed } = watched;
  const { run } = report;
  if (snoozed) return [];
  if (!isTerminal(run.status)) {
    const ending: Concern[] = endsIn(watched) === null ? [] : [{ kind: 'limits', state: 'ending' }];
    return [...needsOf(watched).map(concernOf), ...ending];
  }
  const { reason, status } = run;
  if (reason === null || (run.endedAt ?? 0) <= since) return [];
  if (reason.code === 'killed' && reason.atLimit === true) return [{ kind: 'killed', state: 'killed' }];
  const failed = status === 'failed' && failedByItself.has(reason.code);
  return failed && !mayGoOn(run) ? [{ kind: 'failed', state: 'failed' }] : [];
}

export interface ConcernOptions {
  /** What somebody wants to hear of. */
  readonly wanted: ReadonlySet<NewsKind>;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What ended by then is no news. Epoch milliseconds. */
  readonly since: number;
}

/** The runs that there is something to tell of. Of one that failed there is once nothing more is tried. */
export function concerning(runs: readonly WatchedRun[], { wanted, now, since }: ConcernOptions): ConcerningRun[] {
  const replaced = new Set(runs.map(({ report }) => report.run.restartedFrom));
  const mayGoOn = (run: Run): boolean => replaced.has(run.runId) || isRetryAwaited(run, now, false);
  return runs
    .map((watched) => ({
      ...watched,
      concerns: concernsOf(watched, since, mayGoOn).filter(({ kind }) => wanted.has(kind)),
    }))
    .filter(({ concerns }) => concerns.length > 0);
}

/**
 * What of that was not so before: people are told once for a run and state. What has passed, or was snoozed, is forgotten,
 * so that they hear of it again.
 */
export function newsAmong(before: readonly ConcerningRun[], concerned: readonly ConcerningRun[]): ConcerningRun[] {
  const told = new Set(before.flatMap((run) => run.concerns.map((concern) => keyOf(run, concern))));
  return concerned.filter((run) => run.concerns.some((concern) => !told.has(keyOf(run, concern))));
}

function keyOf({ report }: WatchedRun, { state }: Concern): string {
  return `${report.run.runId} ${state}`;
}
