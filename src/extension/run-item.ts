import {
  describeAftermath,
  describeHealthReason,
  describeRunReason,
  describeStopProgress,
  describeSurvivor,
  plainEnglish,
  type Translate,
} from '../core/messages.ts';
import { whyItIsThere } from '../core/run-json.ts';
import type { Run } from '../core/run.ts';
import type { RunStatus } from '../core/run-status.ts';
import type { RunReport } from '../supervisor/supervisor.ts';
import { needsPerson, type WatchedRun } from './attention.ts';
import type { Icon, ItemText } from './item-text.ts';
import { markdownText } from './markdown-text.ts';
import { contextValueOf } from './run-words.ts';
import { shortAge } from './short-age.ts';

export interface RunItemFacts extends WatchedRun {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Shown where the run is not of the repository that is open. */
  readonly repositoryName: string | null;
}

export function runItem(facts: RunItemFacts, translate: Translate = plainEnglish): ItemText {
  const { report, repositoryName } = facts;
  const { run } = report;
  const age = shortAge(facts.now - (run.endedAt ?? run.startedAt ?? run.createdAt), translate);
  const said = whatItSays(facts, translate);
  return {
    id: run.runId,
    label: `${run.workflowName} · ${age}`,
    description: [repositoryName, said].filter((part) => part !== null && part !== '').join(' · '),
    tooltip: tooltipOf(facts, translate),
    icon: iconOf(facts),
    contextValue: contextValueOf(facts),
    accessibleLabel: [
      run.workflowName,
      stateWords(facts, translate),
      run.endedAt === null ? translate('for {0}', age) : translate('{0} ago', age),
      repositoryName,
      said,
    ]
      .filter((part) => part !== null && part !== '')
      .join(', '),
  };
}

/** What stands beside the name: what is wrong, else the last line of its output, else how it ended. */
function whatItSays({ report, snoozed }: WatchedRun, translate: Translate): string {
  const { run, lastLine } = report;
  if (run.stop !== null) return stopWords(report, translate);
  if (needsPerson({ report, snoozed })) return healthWords(report, translate);
  if (run.status === 'pending') {
    return whyItIsThere(run, report.queuePlace, translate) ?? translate('starting…');
  }
  if (run.status === 'failed' && run.reason !== null) return describeRunReason(run.reason, translate);
  return lastLine ?? '';
}

function stopWords({ run, stopping }: RunReport, translate: Translate): string {
  const survivors = run.killReport?.survivors ?? [];
  if (stopping?.kind === 'survivors' && survivors.length > 0) {
    const named = survivors.map((survivor) => describeSurvivor(survivor, translate)).join(', ');
    return translate('survivors: {0}', named);
  }
  if (stopping === null || run.status === 'pending') return translate('stopping…');
  const progress = describeStopProgress(stopping, translate);
  return run.stop?.kind === 'settle'
    ? translate('ending what it left behind: {0}', progress)
    : translate('stopping: {0}', progress);
}

function healthWords({ health }: RunReport, translate: Translate): string {
  return health.reasons.map((reason) => describeHealthReason(reason, translate)).join('; ');
}

const statusWords: Readonly<Record<RunStatus, string>> = {
  pending: 'waiting',
  running: 'running',
  terminating: 'stopping',
  completed: 'completed',
  failed: 'failed',
  terminated: 'stopped',
  killed: 'killed',
};

function stateWords(watched: WatchedRun, translate: Translate): string {
  const { run, health } = watched.report;
  const status = translate(statusWords[run.status]);
  if (needsPerson(watched)) return translate('{0}, needs you', status);
  if (run.status !== 'running' || health.level === 'healthy') return status;
  return health.level === 'critical' ? translate('{0}, snoozed', status) : translate('{0}, suspicious', status);
}

const icons: Readonly<Record<RunStatus, Icon>> = {
  pending: { id: 'clock', color: 'descriptionForeground' },
  running: { id: 'play-circle', color: 'charts.blue' },
  terminating: { id: 'stop-circle', color: 'charts.orange' },
  completed: { id: 'pass', color: 'charts.green' },
  failed: { id: 'error', color: 'charts.red' },
  terminated: { id: 'circle-slash', color: 'descriptionForeground' },
  killed: { id: 'debug-stop', color: 'descriptionForeground' },
};

function iconOf(watched: WatchedRun): Icon {
  const { run, health } = watched.report;
  if (needsPerson(watched)) return { id: 'bell-dot', color: 'charts.red' };
  if (run.status !== 'running' || health.level === 'healthy') return icons[run.status];
  return health.level === 'critical'
    ? { id: 'bell-slash', color: 'descriptionForeground' }
    : { id: 'warning', color: 'charts.yellow' };
}

function tooltipOf(facts: RunItemFacts, translate: Translate): string {
  const { report } = facts;
  const { run, health } = report;
  const rows = factRows(report, translate).map(([name, value]) => `| ${name} | ${markdownText(value)} |`);
  const reasons = health.reasons.map((reason) => `- ${markdownText(describeHealthReason(reason, translate))}`);
  const survivors = run.killReport?.survivors.map(
    (survivor) => `- ${markdownText(translate('survived the kill: {0}', describeSurvivor(survivor, translate)))}`,
  );
  const aftermath = run.killReport?.aftermath ?? null;
  const left =
    aftermath === null ? [] : describeAftermath(aftermath, translate).map((fact) => `- ${markdownText(fact)}`);
  return [
    `**${markdownText(run.workflowName)}** · ${stateWords(facts, translate)}`,
    [...reasons, ...(survivors ?? []), ...left].join('\n'),
    ['| | |', '|:--|:--|', ...rows].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function factRows(
  { run, lastLine, heartbeat, queuePlace }: RunReport,
  translate: Translate,
): (readonly [string, string])[] {
  const rows: (readonly [string, string | null])[] = [
    [translate('Reason'), whyItIsThere(run, queuePlace, translate)],
    [translate('Message'), run.message],
    [translate('Last output'), lastLine],
    [translate('Heartbeat'), heartbeat === null ? null : heartbeatWords(heartbeat)],
    [translate('Process'), pidOf(run)],
    [translate('Started'), timeOf(run.startedAt)],
    [translate('Ended'), timeOf(run.endedAt)],
    [translate('Exit code'), run.exitCode === null ? null : String(run.exitCode)],
    [translate('Signal'), run.signal],
    [translate('Repository'), run.repository],
    [translate('Worktree'), run.worktree?.path ?? null],
    [translate('Branch'), run.worktree?.branch ?? null],
    [translate('Base'), `${run.base} (${run.baseCommit.slice(0, 10)})`],
    [translate('In place of'), run.restartedFrom],
    [translate('Run'), run.runId],
  ];
  return rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== '');
}

function heartbeatWords({ at, message }: NonNullable<RunReport['heartbeat']>): string {
  const time = new Date(at).toLocaleString();
  return message === null ? time : `${time}: ${message}`;
}

function pidOf(run: Run): string | null {
  return run.endedAt === null && run.process !== null ? String(run.process.command.pid) : null;
}

function timeOf(epochMilliseconds: number | null): string | null {
  return epochMilliseconds === null ? null : new Date(epochMilliseconds).toLocaleString();
}
