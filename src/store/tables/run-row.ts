import { type Containment, uncontained } from '../../core/containment.ts';
import type { ActiveProcesses } from '../../core/ports/store.ts';
import type { Phase } from '../../core/escalation.ts';
import type { KillReport } from '../../core/kill-report.ts';
import type { PortRange } from '../../core/port-range.ts';
import type { ProcessIdentity } from '../../core/process-identity.ts';
import type { Observation } from '../../core/observation.ts';
import type { QueueEntry, Resume, Run, RunProcess, RunReason, RunWarning, StopIntent } from '../../core/run.ts';
import type { RunId } from '../../core/run-id.ts';
import { activeStatuses, isTerminal, type RunStatus } from '../../core/run-status.ts';
import type { Workflow } from '../../core/workflow.ts';

/** Within the brackets of `status IN (…)`. */
export const activeStatusList = activeStatuses.map((status) => `'${status}'`).join(', ');

/** A row of `workflow_runs` beside its row of `workflow_processes`, as SQLite gives it. The schema checks what it holds. */
export interface RunRow {
  run_id: RunId;
  workflow_name: string;
  workflow: string;
  status: RunStatus;
  reason: string | null;
  message: string;
  session_id: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  exit_code: number | null;
  signal: string | null;
  repository: string;
  worktree_path: string | null;
  branch: string | null;
  base: string;
  base_commit: string;
  persistent: number;
  owner: string;
  parent_run_id: RunId | null;
  restarted_from: RunId | null;
  resume: string | null;
  retry_number: number;
  failures_at_once: number;
  extra_minutes: number;
  ports: string | null;
  warnings: string;
  queue: string | null;
  launcher: string | null;
  stop: string | null;
  follow_up: Run['followUp'];
  retry_cancelled: number;
  kill_method: Phase | null;
  kill_report: string | null;
  snoozed_until: number | null;
  process_pid: number | null;
  process_boot_id: string | null;
  process_start_time: string | null;
  process_last_heartbeat: number | null;
  process_info: string | null;
  /** Null where it was not read. */
  observation: string | null;
  /** Of its printed lines, with a blank between; see `Observation.known`. */
  observation_marks: string | null;
}

/** What is kept of a run's process besides its identity. */
interface ProcessInfo {
  readonly wrapper: ProcessIdentity;
  /** Absent where it was not kept. */
  readonly containment?: Containment;
  readonly startedMonotonic: number;
}

export function runFrom(row: RunRow): Run {
  return {
    runId: row.run_id,
    workflowName: row.workflow_name,
    workflow: JSON.parse(row.workflow) as Workflow,
    status: row.status,
    reason: parsed<RunReason>(row.reason),
    message: row.message,
    sessionId: row.session_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
    signal: row.signal,
    repository: row.repository,
    worktree:
      row.worktree_path === null || row.branch === null ? null : { path: row.worktree_path, branch: row.branch },
    base: row.base,
    baseCommit: row.base_commit,
    persistent: row.persistent === 1,
    owner: row.owner,
    parentRunId: row.parent_run_id,
    restartedFrom: row.restarted_from,
    resume: parsed<Resume>(row.resume),
    retryNumber: row.retry_number,
    failuresAtOnce: row.failures_at_once,
    extraMinutes: row.extra_minutes,
    ports: parsed<PortRange>(row.ports),
    warnings: JSON.parse(row.warnings) as readonly RunWarning[],
    queue: parsed<QueueEntry>(row.queue),
    launcher: parsed<ProcessIdentity>(row.launcher),
    stop: parsed<StopIntent>(row.stop),
    followUp: row.follow_up,
    isRetryCancelled: row.retry_cancelled === 1,
    killMethod: row.kill_method,
    killReport: parsed<KillReport>(row.kill_report),
    process: processFrom(row),
    snoozedUntil: row.snoozed_until,
  };
}

function processFrom(row: RunRow): RunProcess | null {
  const { process_pid: pid, process_boot_id: bootId, process_start_time: startTime } = row;
  const info = parsed<ProcessInfo>(row.process_info);
  if (pid === null || bootId === null || startTime === null || info === null) return null;
  const command = { bootId, pid, startTime };
  const containment = { ...uncontained, ...info.containment };
  const observation = observationFrom(row);
  return { ...info, command, containment, observation, lastHeartbeat: row.process_last_heartbeat ?? 0 };
}

function observationFrom({ observation, observation_marks: marks }: RunRow): Observation | null {
  const rest = parsed<Omit<Observation, 'known'>>(observation);
  return rest === null ? null : { ...rest, known: marks === null || marks === '' ? [] : marks.split(' ') };
}

/** Of `observations`. */
export function observationParameters({ known, ...rest }: Observation): { observation: string; marks: string } {
  return { observation: JSON.stringify(rest), marks: known.join(' ') };
}

/** Columns of `workflow_runs` for a whole run. */
export function runParameters(run: Run): Record<string, string | number | null> {
  return {
    run_id: run.runId,
    workflow_name: run.workflowName,
    workflow: JSON.stringify(run.workflow),
    status: run.status,
    reason: json(run.reason),
    message: run.message,
    session_id: run.sessionId,
    created_at: run.createdAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    exit_code: run.exitCode,
    signal: run.signal,
    repository: run.repository,
    worktree_path: run.worktree?.path ?? null,
    branch: run.worktree?.branch ?? null,
    base: run.base,
    base_commit: run.baseCommit,
    persistent: run.persistent ? 1 : 0,
    owner: run.owner,
    parent_run_id: run.parentRunId,
    restarted_from: run.restartedFrom,
    resume: json(run.resume),
    retry_number: run.retryNumber,
    failures_at_once: run.failuresAtOnce,
    extra_minutes: run.extraMinutes,
    ports: json(run.ports),
    warnings: JSON.stringify(run.warnings),
    queue: json(run.queue),
    launcher: json(run.launcher),
    stop: json(run.stop),
    follow_up: run.followUp,
    retry_cancelled: run.isRetryCancelled ? 1 : 0,
    kill_method: run.killMethod,
    kill_report: json(run.killReport),
    snoozed_until: run.snoozedUntil,
  };
}

/** Columns of `workflow_processes`. @param now epoch milliseconds */
export function processParameters(run: Run, process: RunProcess, now: number): Record<string, string | number | null> {
  const info: ProcessInfo = {
    wrapper: process.wrapper,
    containment: process.containment,
    startedMonotonic: process.startedMonotonic,
  };
  return {
    run_id: run.runId,
    pid: process.command.pid,
    boot_id: process.command.bootId,
    start_time: process.command.startTime,
    status: isTerminal(run.status) ? 'gone' : 'alive',
    workflow_name: run.workflowName,
    session_id: run.sessionId,
    started_at: run.startedAt ?? now,
    last_heartbeat: process.lastHeartbeat,
    process_info: JSON.stringify(info),
    now,
  };
}

export interface ActiveProcessesRow {
  runId: RunId;
  bootId: string | null;
  pid: number | null;
  startTime: string | null;
  wrapperBootId: string | null;
  wrapperPid: number | null;
  wrapperStartTime: string | null;
  controlGroup: string | null;
  isForced: number | null;
}

export function activeProcessesFrom(row: ActiveProcessesRow): ActiveProcesses {
  return {
    runId: row.runId,
    wrapper: identityOrNull(row.wrapperBootId, row.wrapperPid, row.wrapperStartTime),
    command: identityOrNull(row.bootId, row.pid, row.startTime),
    controlGroup: row.controlGroup,
    isForced: row.isForced === 1,
  };
}

function identityOrNull(bootId: string | null, pid: number | null, startTime: string | null): ProcessIdentity | null {
  return bootId === null || pid === null || startTime === null ? null : { bootId, pid, startTime };
}

const json = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the column was written from
const parsed = <Value>(text: string | null): Value | null => (text === null ? null : (JSON.parse(text) as Value));
