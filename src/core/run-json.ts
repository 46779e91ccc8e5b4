import { type DoctorReport, isHealthy, subjectOf } from './diagnosis.ts';
import { describeFinding } from './diagnosis-words.ts';
import { describeAlert } from './alert-words.ts';
import type { Alert, AlertLevel } from './alerts.ts';
import type { Aftermath, RepositoryState } from './aftermath.ts';
import type { Checkpoint, CheckpointReason } from './checkpoint.ts';
import type { CleanupReport } from './cleanup-report.ts';
import { type DiskBudget, type DiskUsage, isOverBudget } from './disk-usage.ts';
import type { WardenError } from './errors.ts';
import type { Phase, Stage } from './escalation.ts';
import type { Health } from './health.ts';
import type { Impact, Observed, UncommittedFiles } from './impact.ts';
import { describeShortage } from './machine.ts';
import type { KillReport, SignalCount, Survivor } from './kill-report.ts';
import {
  describeCriticalSection,
  describeError,
  describeHealthReason,
  describeKeepReason,
  describeKill,
  describeQueueWait,
  describeRetryStop,
  describeRunReason,
  describeRunWarning,
  plainEnglish,
  type Translate,
} from './messages.ts';
import type { GivenHeartbeat } from './observation.ts';
import type { ChangedFile, OtherWorktree, RestoredWorktree } from './ports/worktrees.ts';
import type { QueueWait } from './queue.ts';
import { type KeepReason, type RemovalVerdict, verdictOf, type WorktreeFacts } from './removal.ts';
import type { RetryState } from './retry.ts';
import type { Run } from './run.ts';
import type { RunId } from './run-id.ts';
import type { RunStatus } from './run-status.ts';
import { timeLimitOf } from './time-limit.ts';
import type { Workflow } from './workflow.ts';

/** What is known of a run beside its row. */
export interface RunJsonFacts {
  readonly health: Health;
  /** Epoch milliseconds. */
  readonly lastOutputAt: number | null;
  readonly lastLine: string | null;
  /** The last sign of life that the run itself gave. */
  readonly heartbeat: GivenHeartbeat | null;
  /** Null unless it is in a queue. */
  readonly queueWait: QueueWait | null;
  /** The newest run that was started in its place. */
  readonly replacedBy: RunId | null;
  readonly retry: RetryState | null;
  /** See `withheldFields`. */
  readonly withheld?: readonly string[];
}

/** A run, as JSON, on every face. Times are ISO 8601 with `Z`. */
export interface RunJson {
  readonly run_id: string;
  readonly workflow_name: string;
  readonly status: RunStatus;
  readonly reason: string | null;
  readonly message: string;
  readonly pid: number | null;
  readonly session_id: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly repository: string;
  readonly worktree_path: string | null;
  readonly branch: string | null;
  readonly base_commit: string;
  readonly persistent: boolean;
  readonly owner: string;
  readonly parent_run_id: string | null;
  readonly restarted_from: string | null;
  readonly kill_method: Phase | null;
  /** Its own while it is not over. */
  readonly ports: { readonly first: number; readonly count: number } | null;
  /** What was odd at its launch, in words. */
  readonly warnings: readonly string[];
  /** What it may take in all, with `extra_minutes`, which it was given since it was launched. */
  readonly time_limit_minutes: number;
  readonly extra_minutes: number;
  /** The latest sign of life: one that the run gave itself, or a look by whoever watches that found it alive. */
  readonly last_heartbeat: string | null;
  /** The last one that the run gave itself, and what it said that it was doing. */
  readonly heartbeat: { readonly at: string; readonly message: string | null } | null;
  readonly last_output_at: string | null;
  readonly last_line: string | null;
  readonly health: { readonly level: Health['level']; readonly reasons: readonly string[] };
  readonly queue_place: number | null;
  /** Runs that had to complete before it. */
  readonly after: readonly string[];
  /** From 1: how many times it has been started by itself, counted from when a person did. */
  readonly attempt: number;
  readonly replaced_by: string | null;
  /** Null where its workflow wants no retries. */
  readonly retry: {
    readonly attempt: number;
    readonly of: number;
    readonly next_at: string | null;
    /** Why it is not started again, in words. */
    readonly stopped: string | null;
  } | null;
  /** What is not told to whoever asks, and stands empty here; absent where all is told. */
  readonly withheld?: readonly string[];
}

export function runJson(run: Run, facts: RunJsonFacts, translate: Translate = plainEnglish): RunJson {
  return {
    run_id: run.runId,
    workflow_name: run.workflowName,
    status: run.status,
    reason: whyItIsThere(run, facts.queueWait, translate),
    message: run.message,
    pid: run.process?.command.pid ?? null,
    session_id: run.sessionId,
    created_at: isoTime(run.createdAt),
    started_at: isoTimeOrNull(run.startedAt),
    ended_at: isoTimeOrNull(run.endedAt),
    exit_code: run.exitCode,
    signal: run.signal,
    repository: run.repository,
    worktree_path: run.worktree?.path ?? null,
    branch: run.worktree?.branch ?? null,
    base_commit: run.baseCommit,
    persistent: run.persistent,
    owner: run.owner,
    parent_run_id: run.parentRunId,
    restarted_from: run.restartedFrom,
    kill_method: run.killMethod,
    ports: run.ports,
    warnings: run.warnings.map((warning) => describeRunWarning(warning, translate)),
    time_limit_minutes: timeLimitOf(run),
    extra_minutes: run.extraMinutes,
    last_heartbeat: isoTimeOrNull(lastHeartbeatOf(run, facts)),
    heartbeat: facts.heartbeat === null ? null : { ...facts.heartbeat, at: isoTime(facts.heartbeat.at) },
    last_output_at: isoTimeOrNull(facts.lastOutputAt),
    last_line: facts.lastLine,
    health: {
      level: facts.health.level,
      reasons: facts.health.reasons.map((reason) => describeHealthReason(reason, translate)),
    },
    queue_place: facts.queueWait?.place ?? null,
    after: run.queue?.after ?? [],
    attempt: run.retryNumber + 1,
    replaced_by: facts.replacedBy,
    retry:
      facts.retry === null
        ? null
        : {
            attempt: facts.retry.attempt,
            of: facts.retry.of,
            next_at: isoTimeOrNull(facts.retry.nextAt),
            stopped: facts.retry.stopped === null ? null : describeRetryStop(facts.retry.stopped, translate),
          },
    ...(facts.withheld === undefined ? {} : { withheld: facts.withheld }),
  };
}

/** Epoch milliseconds. */
function lastHeartbeatOf({ process }: Run, { heartbeat }: RunJsonFacts): number | null {
  if (process === null) return null;
  return Math.max(process.lastHeartbeat, heartbeat?.at ?? 0);
}

/** Why a run is where it is, in words; null where its status says it all. */
export function whyItIsThere({ reason }: Run, wait: QueueWait | null, translate: Translate): string | null {
  if (reason !== null) return describeRunReason(reason, translate);
  return wait === null ? null : describeQueueWait(wait, translate);
}

/** The kill report, the same on every face. */
export interface KillReportJson {
  readonly success: boolean;
  readonly run_id: string;
  readonly workflow_name: string;
  readonly killed_at: string;
  readonly kill_method: Phase;
  readonly kill_duration_ms: number;
  readonly cleanup_status: {
    readonly session_updated: boolean;
    readonly audit_logged: boolean;
    readonly process_terminated: boolean;
  };
  readonly survivors: readonly Survivor[];
  readonly message: string;
  readonly signals: readonly SignalCount[];
  readonly processes: number;
  readonly stages: readonly { readonly stage: Stage; readonly duration_ms: number }[];
  /** What was waited for before the first signal, in words. */
  readonly waited_for: readonly string[];
  /** What was under way when the time for it ran out, or force came, in words. */
  readonly interrupted: readonly string[];
  readonly aftermath: AftermathJson | null;
}

export interface AftermathJson {
  readonly locks_removed: readonly string[];
  readonly temporary_files: Aftermath['temporaryFiles'];
  readonly ports: Aftermath['ports'];
  readonly repository: { readonly state: RepositoryState['state']; readonly detail: string | null };
  /** What of the machine is short, in words. */
  readonly shortages: readonly string[];
  readonly duration_ms: number;
}

export function killReportJson(report: KillReport, translate: Translate = plainEnglish): KillReportJson {
  return {
    success: report.success,
    run_id: report.runId,
    workflow_name: report.workflowName,
    killed_at: isoTime(report.killedAt),
    kill_method: report.method,
    kill_duration_ms: Math.round(report.durationMilliseconds),
    cleanup_status: {
      session_updated: report.sessionUpdated,
      audit_logged: report.auditLogged,
      process_terminated: report.success,
    },
    survivors: report.survivors.map(({ pid, name, reason }) => ({ pid, name, reason })),
    message: describeKill(report, translate),
    signals: report.signals.map(({ phase, signal, processes }) => ({ phase, signal, processes })),
    processes: report.processes,
    stages: report.stages.map(({ stage, milliseconds }) => ({ stage, duration_ms: Math.round(milliseconds) })),
    waited_for: report.waitedFor.map((section) => describeCriticalSection(section, translate)),
    interrupted: report.interrupted.map((section) => describeCriticalSection(section, translate)),
    aftermath: report.aftermath === null ? null : aftermathJson(report.aftermath, translate),
  };
}

function aftermathJson(aftermath: Aftermath, translate: Translate): AftermathJson {
  const { repository } = aftermath;
  return {
    locks_removed: aftermath.locksRemoved,
    temporary_files: aftermath.temporaryFiles,
    ports: aftermath.ports,
    repository: {
      state: repository.state,
      detail: repository.state === 'usable' ? repository.operation : repository.detail,
    },
    shortages: (aftermath.shortages ?? []).map((shortage) => describeShortage(shortage, translate)),
    duration_ms: Math.round(aftermath.durationMilliseconds),
  };
}

/** What a person should know about the whole. */
export interface AlertJson {
  readonly code: Alert['code'];
  readonly level: AlertLevel;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function alertJson(alert: Alert, translate: Translate = plainEnglish): AlertJson {
  const { code, level, ...facts } = alert;
  const details =
    alert.code === 'orphans'
      ? { orphans: alert.orphans.map(({ runId, pid, name }) => ({ run_id: runId, pid, name })) }
      : withSnakeCase(facts);
  return { code, level, message: describeAlert(alert, translate), details };
}

/** What a kill would cut off or leave alone; null where it is not known, and then `unknown` says why. */
export interface ImpactJson {
  readonly dirty_files: UncommittedFiles | null;
  /** That no other branch, no tag and no remote holds. */
  readonly unpushed_commits: number | null;
  /** What should not be cut in two, in words. */
  readonly under_way: readonly string[] | null;
  readonly processes: number | null;
  readonly children: readonly string[];
  /** Null when it has not started. */
  readonly running_ms: number | null;
  readonly unknown: readonly { readonly fact: string; readonly detail: string }[];
}

/** A preview: what would be killed, and what is at stake. */
export interface KillPreviewJson {
  readonly dry_run: true;
  readonly runs: readonly {
    readonly run_id: string;
    readonly workflow_name: string;
    readonly status: RunStatus;
    readonly impact: ImpactJson;
  }[];
}

export function killPreviewJson(impacts: readonly Impact[], translate: Translate = plainEnglish): KillPreviewJson {
  return {
    dry_run: true,
    runs: impacts.map((impact) => ({
      run_id: impact.runId,
      workflow_name: impact.workflowName,
      status: impact.status,
      impact: impactJson(impact, translate),
    })),
  };
}

function impactJson(impact: Impact, translate: Translate): ImpactJson {
  const { files, commits, underWay, processes, children, runningMilliseconds } = impact;
  const facts = { dirty_files: files, unpushed_commits: commits, under_way: underWay, processes };
  return {
    dirty_files: valueOf(files),
    unpushed_commits: valueOf(commits),
    under_way: valueOf(underWay)?.map((section) => describeCriticalSection(section, translate)) ?? null,
    processes: valueOf(processes),
    children,
    running_ms: runningMilliseconds === null ? null : Math.round(runningMilliseconds),
    unknown: Object.entries(facts).flatMap(([fact, seen]) =>
      seen.state === 'unknown' ? [{ fact, detail: seen.detail }] : [],
    ),
  };
}

function valueOf<Value>(fact: Observed<Value>): Value | null {
  return fact.state === 'observed' ? fact.value : null;
}

export interface CheckpointsJson {
  readonly run_id: string;
  /** Ref of the one that was just taken; null when there was nothing that the branch does not hold. */
  readonly checkpoint: string | null;
  /** The oldest first. */
  readonly checkpoints: readonly {
    readonly number: number;
    readonly ref: string;
    readonly commit: string;
    readonly why: CheckpointReason | null;
    readonly at: string;
    readonly files: number | null;
    readonly operation: string | null;
  }[];
}

export function checkpointsJson(
  runId: string,
  checkpoint: string | null,
  checkpoints: readonly Checkpoint[],
): CheckpointsJson {
  return {
    run_id: runId,
    checkpoint,
    checkpoints: checkpoints.map(({ number, ref, commit, why, at, files, operation }) => ({
      number,
      ref,
      commit,
      why,
      at: isoTime(at),
      files,
      operation,
    })),
  };
}

export interface RestoreJson {
  readonly run_id: string;
  readonly worktree_path: string;
  readonly branch: string;
  /** Its ref. */
  readonly checkpoint: string;
  /** What was under way in git when it was taken; that is not begun again. */
  readonly operation: string | null;
  /** What differs from the run's branch as it is now; null where that has gone. */
  readonly changes: readonly ChangedFile[] | null;
}

export function restoreJson(runId: string, { path, branch, checkpoint, changes }: RestoredWorktree): RestoreJson {
  return {
    run_id: runId,
    worktree_path: path,
    branch,
    checkpoint: checkpoint.ref,
    operation: checkpoint.operation,
    changes: changes?.map(({ path: file, change }) => ({ path: file, change })) ?? null,
  };
}

export interface CleanupJson {
  readonly dry_run: boolean;
  readonly removed: readonly {
    readonly run_id: string;
    readonly path: string;
    readonly bytes: number | null;
    readonly checkpoint: string | null;
    /** Stays for commits that are nowhere else. */
    readonly branch_kept: string | null;
    readonly teardown_failure: string | null;
  }[];
  readonly kept: readonly { readonly run_id: string; readonly path: string; readonly reasons: readonly string[] }[];
}

export function cleanupJson(report: CleanupReport, translate: Translate = plainEnglish): CleanupJson {
  return {
    dry_run: report.dryRun,
    removed: report.removed.map(({ runId, path, bytes, checkpoint, branchKept, teardownFailure }) => ({
      run_id: runId,
      path,
      bytes,
      checkpoint,
      branch_kept: branchKept,
      teardown_failure: teardownFailure,
    })),
    kept: report.kept.map(({ runId, path, reasons }) => ({
      run_id: runId,
      path,
      reasons: reasons.map((reason) => describeKeepReason(reason, translate)),
    })),
  };
}

/** The worktrees of runs in a repository, what each takes of the disk, and why it may or may not go. */
export interface WorktreesJson {
  readonly worktrees: readonly {
    readonly run_id: string;
    /** Null where the database does not know the run. */
    readonly status: RunStatus | null;
    readonly path: string;
    readonly branch: string | null;
    readonly exists: boolean;
    readonly dirty_files: number | null;
    /** Commits that are on no other branch; a cleanup keeps the branch for them. */
    readonly unpushed_commits: number | null;
    /** What its commits changed is on another branch. */
    readonly merged: boolean;
    readonly bytes: number | null;
    readonly verdict: RemovalVerdict;
    /** Why it stays; none when it may go. */
    readonly reasons: readonly string[];
  }[];
  /** Worktrees that are no run's: `foreign` ones are never touched, `prepared` ones are for runs to come. */
  readonly others: readonly OtherWorktree[];
  /** All together: what several of them have by hard links once; null where nothing was measured. */
  readonly bytes: number | null;
  readonly measured_at: string | null;
  readonly budgets: readonly {
    /** Null: of all repositories together. */
    readonly repository: string | null;
    readonly bytes: number;
    readonly budget_bytes: number;
    readonly is_over: boolean;
  }[];
}

export function worktreesJson(
  entries: readonly {
    readonly worktree: WorktreeFacts;
    readonly run: Run | null;
    readonly bytes: number | null;
    readonly reasons: readonly KeepReason[];
  }[],
  others: readonly OtherWorktree[],
  disk: { readonly usage: DiskUsage | null; readonly budgets: readonly DiskBudget[] },
  translate: Translate = plainEnglish,
): WorktreesJson {
  return {
    worktrees: entries.map(({ worktree, run, bytes, reasons }) => ({
      run_id: worktree.runId,
      status: run?.status ?? null,
      path: worktree.path,
      branch: worktree.branch,
      exists: worktree.exists,
      dirty_files: worktree.dirtyFiles,
      unpushed_commits: worktree.unpushed,
      merged: worktree.merged,
      bytes,
      verdict: verdictOf(reasons),
      reasons: reasons.map((reason) => describeKeepReason(reason, translate)),
    })),
    others: others.map(({ path, branch, kind }) => ({ path, branch, kind })),
    bytes: disk.usage?.bytes ?? null,
    measured_at: isoTimeOrNull(disk.usage?.at ?? null),
    budgets: disk.budgets.map((budget) => ({
      repository: budget.repository,
      bytes: budget.bytes,
      budget_bytes: budget.budgetBytes,
      is_over: isOverBudget(budget),
    })),
  };
}

export interface DoctorJson {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly subject: string;
    readonly detail: string;
    /** What a repair does; null where none is safe. */
    readonly repair: string | null;
    /** What a person can do where no repair is safe. */
    readonly advice: string | null;
    /** Null when none was tried. */
    readonly repaired: boolean | null;
    readonly failure: string | null;
  }[];
}

export function doctorJson(report: DoctorReport, translate: Translate = plainEnglish): DoctorJson {
  return {
    ok: isHealthy(report),
    findings: report.findings.map(({ finding, repaired, failure }) => {
      const { detail, remedy } = describeFinding(finding, translate);
      return {
        code: finding.code,
        severity: finding.severity,
        subject: subjectOf(finding),
        detail,
        repair: finding.isRepairable ? remedy : null,
        advice: finding.isRepairable ? null : remedy,
        repaired,
        failure,
      };
    }),
  };
}

export interface WorkflowsJson {
  readonly workflows: readonly {
    readonly name: string;
    readonly description: string | null;
    readonly time_limit_minutes: number;
    readonly persistent: boolean;
  }[];
}

/** What can be started. Commands are left out: they may hold secrets. */
export function workflowsJson(workflows: ReadonlyMap<string, Workflow>): WorkflowsJson {
  return {
    workflows: Array.from(workflows.values(), ({ name, description, timeoutMinutes, persistent }) => ({
      name,
      description,
      time_limit_minutes: timeoutMinutes,
      persistent,
    })),
  };
}

export interface ErrorJson {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

/** An error with its words and, as `details`, its facts. */
export function errorJson(error: WardenError, translate: Translate = plainEnglish): ErrorJson {
  return {
    error: {
      code: error.code,
      message: describeError(error, translate),
      details: withSnakeCase(error.facts),
    },
  };
}

/** Only names at the top of the facts have more than one word. */
function withSnakeCase(facts: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [snakeCase(key), value]));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isoTime(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString();
}

function isoTimeOrNull(epochMilliseconds: number | null): string | null {
  return epochMilliseconds === null ? null : isoTime(epochMilliseconds);
}
