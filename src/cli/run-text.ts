import type { Containment } from '../core/containment.ts';
import type { HealthLevel } from '../core/health.ts';
import {
  describeDuration,
  describeHealthReason,
  describeQueueWait,
  describeRetryStop,
  describeRunWarning,
  describeStopProgress,
  plainEnglish,
} from '../core/messages.ts';
import type { GivenHeartbeat } from '../core/observation.ts';
import { describePorts } from '../core/port-range.ts';
import { isToGoOn, type RetryState } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import { whyItIsThere } from '../core/run-json.ts';
import { isTerminal, type RunStatus } from '../core/run-status.ts';
import { describeWatcher, type Watching } from '../core/watcher.ts';
import { timeLimitOf } from '../core/time-limit.ts';
import type { RunReport } from '../supervisor/supervisor.ts';
import { oneLine, type Output } from './output.ts';
import { table } from './table.ts';

/** What became of a run, in one sentence. */
export function runSentence(run: Run): string {
  const why = whyItIsThere(run, null, plainEnglish);
  const reason = why === null ? '' : `: ${why}`;
  const place = run.status === 'running' && run.worktree !== null ? ` in ${run.worktree.path}` : '';
  return `${run.runId} (${run.workflowName}) ${statusWords[run.status]}${place}${oneLine(reason)}`;
}

const statusWords: Readonly<Record<RunStatus, string>> = {
  pending: 'is being prepared',
  running: 'is running',
  terminating: 'is being ended',
  completed: 'completed',
  failed: 'failed',
  terminated: 'was terminated',
  killed: 'was killed by the system',
};

/**
 * All that is known of a run, one fact a line.
 * @param attempts the chain that it is in, see attemptsOf
 * @param now epoch milliseconds
 */
export function runDetails(
  { run, health, lastOutputAt, lastLine, heartbeat, stopping, queueWait, replacedBy, retry }: RunReport,
  attempts: readonly Run[],
  watching: Watching | null,
  now: number,
  output: Output,
): string {
  const reason = whyItIsThere(run, queueWait, plainEnglish);
  const healthReasons = health.reasons.map((one) => describeHealthReason(one, plainEnglish));
  const facts: readonly (readonly [string, string | null])[] = [
    ['run', run.runId],
    ['workflow', run.workflowName],
    ['status', [paintedStatus(run.status, output), ...(reason === null ? [] : [oneLine(reason)])].join(': ')],
    ['stopping', stopping === null ? null : describeStopProgress(stopping, plainEnglish)],
    [
      'warnings',
      run.warnings.length === 0
        ? null
        : oneLine(run.warnings.map((one) => describeRunWarning(one, plainEnglish)).join('; ')),
    ],
    ['health', [paintedHealth(health.level, output), ...healthReasons].join('; ')],
    ['watched by', isToGoOn(run.status, retry) ? describeWatcher(watching, plainEnglish) : null],
    ['message', run.message === '' ? null : oneLine(run.message)],
    ['created', timeText(run.createdAt, now)],
    ['ended', run.endedAt === null ? null : timeText(run.endedAt, now)],
    ['duration', durationText(run, now)],
    ['time limit', run.endedAt === null ? timeLimitText(run) : null],
    ['pid', run.process === null ? null : String(run.process.command.pid)],
    ['daemons', run.process === null ? null : daemonWords(run.process.containment)],
    ['ports', run.ports === null || isTerminal(run.status) ? null : describePorts(run.ports)],
    ['repository', run.repository],
    ['worktree', run.worktree?.path ?? null],
    ['branch', run.worktree?.branch ?? null],
    ['base', run.baseCommit],
    ['retry', retry === null ? null : retryText(retry)],
    ['restarted from', run.restartedFrom],
    ['replaced by', replacedBy],
    ...attemptRows(run, attempts),
    ['started by', run.parentRunId],
    ['last output', lastOutputAt === null ? null : timeText(lastOutputAt, now)],
    ['last line', lastLine],
    ['heartbeat', heartbeat === null ? null : heartbeatText(heartbeat, now)],
  ];
  return table(
    facts.flatMap(([name, value]) => (value === null ? [] : [[output.paint('dim', name), value]])),
    output.columns,
  );
}

/** How the run's earlier and later attempts ended: they are one history. */
function attemptRows(run: Run, attempts: readonly Run[]): readonly (readonly [string, string])[] {
  if (attempts.length < 2) return [];
  return attempts.map((one, index) => [
    index === 0 ? 'history' : '',
    one.runId === run.runId ? `${one.runId} (this one)` : oneLine(runSentence(one)),
  ]);
}

function retryText({ attempt, of, nextAt, stopped }: RetryState): string {
  const count = `attempt ${attempt} of ${of}`;
  if (stopped !== null) return `${count}; ${describeRetryStop(stopped, plainEnglish)}`;
  return nextAt === null ? count : `${count}; ${startedAgainAt(nextAt)}`;
}

function startedAgainAt(time: number): string {
  return `started again at ${new Date(time).toISOString()}`;
}

/** What becomes of processes of the run that leave their parent, as it was observed at launch. */
function daemonWords({ subreaper, controlGroup }: Containment): string {
  const adopted = subreaper ? 'adopted by the run' : 'not adopted by the run';
  return controlGroup === null ? adopted : `${adopted}; held in ${controlGroup}`;
}

/** One line a run. @param now epoch milliseconds */
export function runTable(reports: readonly RunReport[], now: number, output: Output): string {
  const head = ['RUN', 'WORKFLOW', 'STATUS', 'HEALTH', 'AGE', 'LAST LINE'].map((word) => output.paint('dim', word));
  const rows = reports.map(({ run, health, lastLine, queueWait, retry }) => [
    run.runId,
    run.workflowName,
    paintedStatus(run.status, output),
    paintedHealth(health.level, output),
    describeDuration(Math.round((now - run.createdAt) / 1000) * 1000, plainEnglish),
    [
      retry === null || retry.nextAt === null ? null : startedAgainAt(retry.nextAt),
      lastLine ?? (queueWait === null ? null : describeQueueWait(queueWait, plainEnglish)),
    ]
      .filter((words) => words !== null)
      .join('; '),
  ]);
  return table([head, ...rows], output.columns);
}

function paintedStatus(status: RunStatus, output: Output): string {
  if (status === 'completed') return output.paint('green', status);
  return status === 'failed' || status === 'killed' ? output.paint('red', status) : status;
}

function paintedHealth(level: HealthLevel, output: Output): string {
  if (level === 'healthy') return level;
  return output.paint(level === 'critical' ? 'red' : 'yellow', level);
}

function timeText(time: number, now: number): string {
  const past = describeDuration(Math.round((now - time) / 1000) * 1000, plainEnglish);
  return `${new Date(time).toISOString()} (${past} ago)`;
}

function heartbeatText({ at, message }: GivenHeartbeat, now: number): string {
  return message === null ? timeText(at, now) : `${timeText(at, now)}: ${message}`;
}

function durationText({ startedAt, endedAt }: Run, now: number): string | null {
  return startedAt === null ? null : describeDuration((endedAt ?? now) - startedAt, plainEnglish);
}

/** How long a run may take, e.g. `1 h 10 min, 10 min of it added`. */
export function timeLimitText(run: Run): string {
  const words = (minutes: number): string => describeDuration(minutes * 60_000, plainEnglish);
  const limit = words(timeLimitOf(run));
  return run.extraMinutes === 0 ? limit : `${limit}, ${words(run.extraMinutes)} of it added`;
}
