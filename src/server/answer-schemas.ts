import * as z from 'zod/mini';
import type { CleanupJson, ImpactJson, KillReportJson, RunJson, WorkflowsJson } from '../core/run-json.ts';
import { type RunStatus, runStatuses } from '../core/run-status.ts';

const text = z.string();
const textOrNull = z.nullable(text);
const number = z.number();
const numberOrNull = z.nullable(number);
const flag = z.boolean();
const phase = z.enum(['graceful', 'forced', 'system']);

const described = <Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema =>
  schema.check(z.meta({ description }));

const timeOrNull = described(z.nullable(text), 'ISO 8601 with Z.');

// Each is what `core/run-json.ts` makes: else it does not compile.

const run = z.object({
  run_id: text,
  workflow_name: text,
  status: z.enum(runStatuses),
  reason: described(z.nullable(text), 'Why it is where it is, in words.'),
  message: text,
  pid: numberOrNull,
  session_id: textOrNull,
  created_at: text,
  started_at: timeOrNull,
  ended_at: timeOrNull,
  exit_code: described(z.nullable(number), 'Null while it runs, and where it is not known.'),
  signal: textOrNull,
  repository: text,
  worktree_path: textOrNull,
  branch: textOrNull,
  base_commit: text,
  persistent: flag,
  owner: text,
  parent_run_id: textOrNull,
  restarted_from: textOrNull,
  kill_method: z.nullable(phase),
  ports: z.nullable(z.object({ first: number, count: number })),
  warnings: z.array(text),
  time_limit_minutes: number,
  extra_minutes: number,
  last_heartbeat: timeOrNull,
  heartbeat: z.nullable(z.object({ at: text, message: textOrNull })),
  last_output_at: timeOrNull,
  last_line: described(z.nullable(text), 'The last line of its output.'),
  health: z.object({ level: z.enum(['healthy', 'warning', 'critical']), reasons: z.array(text) }),
  queue_place: numberOrNull,
  after: z.array(text),
  attempt: number,
  replaced_by: textOrNull,
  retry: z.nullable(z.object({ attempt: number, of: number, next_at: timeOrNull, stopped: textOrNull })),
});

export const runSchema: z.ZodMiniType<RunJson> = run;

/** What a list tells of each run: the rest is asked for by its id. */
export type ShortRunJson = Pick<
  RunJson,
  | 'run_id'
  | 'workflow_name'
  | 'status'
  | 'reason'
  | 'message'
  | 'created_at'
  | 'started_at'
  | 'ended_at'
  | 'exit_code'
  | 'worktree_path'
  | 'branch'
  | 'last_line'
  | 'health'
>;

const shortRun = z.pick(run, {
  run_id: true,
  workflow_name: true,
  status: true,
  reason: true,
  message: true,
  created_at: true,
  started_at: true,
  ended_at: true,
  exit_code: true,
  worktree_path: true,
  branch: true,
  last_line: true,
  health: true,
});

export interface RunPageJson {
  readonly runs: readonly ShortRunJson[];
  readonly next_cursor: string | null;
}

export const runPageSchema: z.ZodMiniType<RunPageJson> = z.object({
  runs: z.array(shortRun),
  next_cursor: described(z.nullable(text), 'Goes on where this page ends; null when that was all.'),
});

export const killReportSchema: z.ZodMiniType<KillReportJson> = z.object({
  success: described(z.boolean(), 'True only if a fresh look proved that no process of the run is left.'),
  run_id: text,
  workflow_name: text,
  killed_at: text,
  kill_method: phase,
  kill_duration_ms: number,
  cleanup_status: z.object({ session_updated: flag, audit_logged: flag, process_terminated: flag }),
  survivors: z.array(z.object({ pid: number, name: text, reason: z.enum(['EPERM', 'uninterruptible', 'alive']) })),
  message: text,
  signals: z.array(
    z.object({ phase, signal: z.enum(['SIGTERM', 'SIGCONT', 'SIGSTOP', 'SIGKILL']), processes: number }),
  ),
  processes: number,
  stages: z.array(z.object({ stage: z.enum(['wait', 'graceful', 'forced', 'system']), duration_ms: number })),
  waited_for: z.array(text),
  interrupted: z.array(text),
  aftermath: z.nullable(
    z.object({
      locks_removed: z.array(text),
      temporary_files: z.nullable(z.object({ files: number, bytes: number, complete: flag })),
      ports: z.array(
        z.object({
          port: number,
          protocol: z.enum(['tcp', 'udp']),
          state: z.enum(['free', 'taken', 'unknown']),
          holder: z.nullable(z.object({ pid: number, name: text })),
        }),
      ),
      repository: z.object({ state: z.enum(['usable', 'damaged', 'unknown']), detail: textOrNull }),
      shortages: z.array(text),
      duration_ms: number,
    }),
  ),
});

const impact = z.object({
  dirty_files: z.nullable(z.object({ tracked: number, untracked: number })),
  unpushed_commits: numberOrNull,
  under_way: z.nullable(z.array(text)),
  processes: numberOrNull,
  children: z.array(text),
  running_ms: numberOrNull,
  unknown: z.array(z.object({ fact: text, detail: text })),
});

/** A run, and what its kill would cut off; null unless that was asked for. */
export type RunWithImpactJson = RunJson & { readonly impact: ImpactJson | null };

export const runWithImpactSchema: z.ZodMiniType<RunWithImpactJson> = z.extend(run, { impact: z.nullable(impact) });

/** A part of a log. */
export interface LogPartJson {
  readonly run_id: string;
  readonly log: 'output' | 'setup' | 'teardown';
  readonly status: RunStatus;
  readonly offset: number;
  readonly next_offset: number;
  readonly total_bytes: number;
  readonly output: string;
}

export const logPartSchema: z.ZodMiniType<LogPartJson> = z.object({
  run_id: text,
  log: z.enum(['output', 'setup', 'teardown']),
  status: described(z.enum(runStatuses), 'Of the run: while it is not over, there may be more later.'),
  offset: described(z.number(), 'Of the first byte.'),
  next_offset: number,
  total_bytes: described(z.number(), 'What the log has by now.'),
  output: text,
});

export const cleanupSchema: z.ZodMiniType<CleanupJson> = z.object({
  dry_run: flag,
  removed: z.array(
    z.object({
      run_id: text,
      path: text,
      bytes: numberOrNull,
      checkpoint: textOrNull,
      branch_kept: textOrNull,
      teardown_failure: textOrNull,
    }),
  ),
  kept: z.array(z.object({ run_id: text, path: text, reasons: z.array(text) })),
});

export const workflowsSchema: z.ZodMiniType<WorkflowsJson> = z.object({
  workflows: z.array(
    z.object({
      name: text,
      description: textOrNull,
      time_limit_minutes: number,
      persistent: flag,
    }),
  ),
});
