import type { HealthLevel } from './health.ts';
import type { Observed } from './impact.ts';
import { type RunStatus, runStatuses } from './run-status.ts';

/** How many took at most so long. */
export interface Histogram {
  /** For each of `secondsBounds`, how many took at most that long, those of the ones before among them. */
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

/** Upper bounds of the buckets: a cooperative run is gone in tens of milliseconds, a kill at its last stage after 10 s. */
export const secondsBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** What the database counts, all that was ever written down. */
export interface Counts {
  readonly runs: Readonly<Partial<Record<RunStatus, number>>>;
  /** Kills after which nothing was left. */
  readonly kills: Histogram;
  /** Attempts that left survivors, or could not be proved. */
  readonly failedKills: number;
  /** Removals of a worktree. */
  readonly cleanups: Histogram;
  readonly failedCleanups: number;
}

export interface Metrics {
  readonly counts: Counts;
  /** Of the runs that are not over. */
  readonly health: Readonly<Record<HealthLevel, number>>;
  readonly orphans: Observed<number>;
}

/** As OpenMetrics text; what is not known is left out. */
export function openMetrics({ counts, health, orphans }: Metrics): string {
  const lines = [
    ...gauge('warden_runs', 'Runs by status.', labelled('status', runStatuses, counts.runs)),
    ...gauge('warden_runs_health', 'Runs that are not over, by health.', labelled('level', healthLevels, health)),
    ...histogram('warden_kill_duration_seconds', 'How long kills took until nothing was left.', counts.kills),
    ...counter(
      'warden_kills',
      'Kills by outcome: done is proved, failed left survivors.',
      counts.kills,
      counts.failedKills,
    ),
    ...histogram('warden_cleanup_duration_seconds', 'How long it took to remove a worktree.', counts.cleanups),
    ...counter('warden_cleanups', 'Removals of worktrees by outcome.', counts.cleanups, counts.failedCleanups),
    ...(orphans.state === 'observed'
      ? gauge('warden_orphans', 'Processes of runs that are over or not known.', [['', orphans.value]])
      : []),
  ];
  return `${lines.join('\n')}\n# EOF\n`;
}

const healthLevels = ['healthy', 'warning', 'critical'] as const satisfies readonly HealthLevel[];

type Sample = readonly [labels: string, value: number];

function labelled<Name extends string>(
  label: string,
  names: readonly Name[],
  values: Readonly<Partial<Record<Name, number>>>,
): readonly Sample[] {
  return names.map((name) => [`{${label}="${name}"}`, values[name] ?? 0]);
}

const head = (name: string, type: string, help: string): readonly string[] => [
  `# TYPE ${name} ${type}`,
  ...(name.endsWith('_seconds') ? [`# UNIT ${name} seconds`] : []),
  `# HELP ${name} ${help}`,
];

function gauge(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  return [...head(name, 'gauge', help), ...samples.map(([labels, value]) => `${name}${labels} ${value}`)];
}

function counter(name: string, help: string, { count }: Histogram, failed: number): readonly string[] {
  return [
    ...head(name, 'counter', help),
    `${name}_total{outcome="done"} ${count}`,
    `${name}_total{outcome="failed"} ${failed}`,
  ];
}

function histogram(name: string, help: string, { atMost, count, sumSeconds }: Histogram): readonly string[] {
  return [
    ...head(name, 'histogram', help),
    ...secondsBounds.map((bound, index) => `${name}_bucket{le="${decimal(bound)}"} ${atMost[index] ?? 0}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_count ${count}`,
    `${name}_sum ${sumSeconds}`,
  ];
}

/** The format writes floating-point bounds as such. */
const decimal = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));
