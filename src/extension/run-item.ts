import type { WeighedReason } from '../core/health.ts';
import {
  describeAftermath,
  describeDuration,
  describeRetryStop,
  describeRunReason,
  describeRunWarning,
  describeStopProgress,
  describeSurvivor,
  plainEnglish,
  type Translate,
} from '../core/messages.ts';
import type { GivenHeartbeat } from '../core/observation.ts';
import { isQueued } from '../core/queue.ts';
import { whyItIsThere } from '../core/run-json.ts';
import type { RetryState } from '../core/retry.ts';
import type { Run, RunReason } from '../core/run.ts';
import type { RunStatus } from '../core/run-status.ts';
import { timeLimitOf } from '../core/time-limit.ts';
import type { RunReport } from '../supervisor/supervisor.ts';
import { needsOf, needsPerson, type WatchedRun } from './attention.ts';
import { healthWords } from './health-words.ts';
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
  const { run, lastLine, health } = report;
  if (run.stop !== null) return stopWords(report, translate);
  if (run.status === 'running' && health.level !== 'healthy') {
    const words = health.reasons.map((reason) => healthWords(reason, translate)).join('; ');
    return snoozed ? translate('snoozed: {0}', words) : words;
  }
  if (run.status === 'pending') {
    return whyItIsThere(run, report.queueWait, translate) ?? translate('starting…');
  }
  if (run.status !== 'completed' && run.endedAt !== null && run.reason !== null)
    return endWords(run.reason, report.retry, translate);
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

const statusWords: Readonly<Record<RunStatus, string>> = {
  pending: 'queued',
  running: 'running',
  terminating: 'stopping',
  completed: 'completed',
  failed: 'failed',
  terminated: 'stopped',
  killed: 'killed',
};

function stateWords(watched: WatchedRun, translate: Translate): string {
  const { report, snoozed } = watched;
  const { run, health } = report;
  if (run.status === 'pending' && !isQueued(run)) return translate('starting');
  const status = translate(statusWords[run.status]);
  if (waitsForPerson(watched)) return translate('{0}, waits for you', status);
  if (needsPerson(watched)) return translate('{0}, needs you', status);
  if (run.status !== 'running' || health.level === 'healthy') return status;
  return snoozed ? translate('{0}, snoozed', status) : translate('{0}, suspicious', status);
}

/** For an answer, and there is nothing else the matter with it. */
function waitsForPerson(watched: WatchedRun): boolean {
  const needs = needsOf(watched);
  return needs.length > 0 && needs.every(({ code }) => code === 'waiting');
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
  const { report, snoozed } = watched;
  const { run, health } = report;
  if (waitsForPerson(watched)) return { id: 'question', color: 'charts.orange' };
  if (needsPerson(watched)) return { id: 'bell-dot', color: 'charts.red' };
  if (run.status !== 'running' || health.level === 'healthy') return icons[run.status];
  return snoozed ? { id: 'bell-slash', color: 'descriptionForeground' } : { id: 'warning', color: 'charts.yellow' };
}

const levelWords: Readonly<Record<WeighedReason['level'], string>> = { warning: 'warning', critical: 'critical' };

function tooltipOf(facts: RunItemFacts, translate: Translate): string {
  const { report } = facts;
  const { run, health } = report;
  const rows = factRows(facts, translate).map(([name, value]) => `| ${name} | ${markdownText(value)} |`);
  const reasons = health.reasons.map(
    (reason) => `- **${translate(levelWords[reason.level])}:** ${markdownText(healthWords(reason, translate))}`,
  );
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

function factRows({ report, now }: RunItemFacts, translate: Translate): (readonly [string, string])[] {
  const { run, lastLine, heartbeat, queueWait, retry, replacedBy } = report;
  const rows: (readonly [string, string | null])[] = [
    [translate('Reason'), whyItIsThere(run, queueWait, translate)],
    [translate('Warnings'), run.warnings.map((one) => describeRunWarning(one, translate)).join('; ')],
    [translate('Message'), run.message],
    [translate('Last output'), lastLine],
    [translate('Heartbeat'), heartbeat === null ? null : heartbeatWords(heartbeat, now, translate)],
    [translate('Time limit'), run.endedAt === null ? describeDuration(timeLimitOf(run) * 60_000, translate) : null],
    [translate('Process'), pidOf(run)],
    [translate('Started'), timeOf(run.startedAt)],
    [translate('Ended'), timeOf(run.endedAt)],
    [translate('Exit code'), run.exitCode === null ? null : String(run.exitCode)],
    [translate('Signal'), run.signal],
    [translate('Repository'), run.repository],
    [translate('Worktree'), run.worktree?.path ?? null],
    [translate('Branch'), run.worktree?.branch ?? null],
    [translate('Base'), `${run.base} (${run.baseCommit.slice(0, 10)})`],
    [translate('Retry'), retry === null ? null : retryWords(retry, translate)],
    [translate('In place of'), run.restartedFrom],
    [translate('Replaced by'), replacedBy],
    [translate('Run'), run.runId],
  ];
  return rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== '');
}

/** How it ended and, where somebody may count on it, whether it is started again. */
function endWords(reason: RunReason, retry: RetryState | null, translate: Translate): string {
  const words = describeRunReason(reason, translate);
  return retry === null || (retry.nextAt ?? retry.stopped) === null
    ? words
    : `${words}; ${retryOutlook(retry, translate)}`;
}

function retryWords(retry: RetryState, translate: Translate): string {
  const count = translate('attempt {0} of {1}', retry.attempt, retry.of);
  const outlook = retryOutlook(retry, translate);
  return outlook === '' ? count : `${count}; ${outlook}`;
}

function retryOutlook({ nextAt, stopped }: RetryState, translate: Translate): string {
  if (stopped !== null) return describeRetryStop(stopped, translate);
  return nextAt === null ? '' : translate('started again at {0}', new Date(nextAt).toLocaleTimeString());
}

/** With what it said that it is doing. */
function heartbeatWords({ at, message }: GivenHeartbeat, now: number, translate: Translate): string {
  const ago = translate('{0} ago', shortAge(now - at, translate));
  return message === null ? ago : translate('{0}: {1}', ago, message);
}

function pidOf(run: Run): string | null {
  return run.endedAt === null && run.process !== null ? String(run.process.command.pid) : null;
}

function timeOf(epochMilliseconds: number | null): string | null {
  return epochMilliseconds === null ? null : new Date(epochMilliseconds).toLocaleString();
}
