import type { CancellationToken, Event } from 'vscode';

// What other extensions get of this one. It needs no other file of ours: copy it, see docs/extension-api.md.

/** The verbs of `warden`, with what it prints as JSON. What is refused or fails rejects with a WardenApiError. */
export interface WardenApi {
  /** Raised when something that is here goes or means something else; additions do not raise it. */
  readonly version: 1;
  /** The workflows that can be started in the repository of a folder. */
  workflows(directory: string): Promise<{ readonly workflows: readonly WorkflowDocument[] }>;
  /** Resolves when the run is running. Refused in a workspace that is not trusted. */
  run(request: RunRequest): Promise<RunDocument>;
  /** Newest first. */
  list(filter?: ListFilter): Promise<{ readonly runs: readonly RunDocument[]; readonly next_cursor: string | null }>;
  status(runId: string): Promise<RunDocument>;
  /** Resolves when the run is over. */
  wait(runId: string, token?: CancellationToken): Promise<RunDocument>;
  /** A part of what the run has written; at most 64 KB. */
  logs(runId: string, part?: LogPart): Promise<LogDocument>;
  /** What kills would cut off; ends nothing. */
  previewKill(runIds: readonly string[]): Promise<KillPreviewDocument>;
  kill(runId: string, options?: { readonly force?: boolean; readonly why?: string }): Promise<KillDocument>;
  /** Starts the run again, after it was ended. @returns the new run. Refused in a workspace that is not trusted. */
  restart(runId: string, options?: RestartRequest): Promise<RunDocument>;
  /** Ends a run by hand. */
  complete(
    runId: string,
    options: { readonly becomes: 'completed' | 'failed'; readonly why?: string },
  ): Promise<RunDocument>;
  /** Gives a run more time, in minutes: on top of its limit, or from now on where that has passed. */
  extend(runId: string, minutes: number): Promise<RunDocument>;
  /** Keeps the work of a run now. @returns the ref; null when there is nothing that its branch does not hold */
  checkpoint(runId: string): Promise<string | null>;
  /** What of the work of a run was kept, the oldest first. */
  checkpoints(runId: string): Promise<CheckpointsDocument>;
  /** Brings a checkpoint, the last one when absent, back into a new worktree. */
  restore(runId: string, options?: { readonly checkpoint?: number }): Promise<RestoreDocument>;
  /** Who did what and how it went, in order: the last entries, or with `after` those behind that number. */
  audit(filter?: AuditFilter): Promise<{ readonly entries: readonly AuditDocument[] }>;
  /** Removes worktrees of runs that are over, or only tells which. */
  cleanup(request: CleanupRequest): Promise<CleanupDocument>;
  /** Something about the runs may have changed; any window or command may have done it. */
  readonly onDidChange: Event<void>;
}

/** How a verb rejects; its message says what is wrong and what to do, in the language of the window. */
export interface WardenApiError extends Error {
  /** E.g. `unknown_run`: the same on every face. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RunRequest {
  readonly workflowName: string;
  /** A folder in the repository. */
  readonly directory: string;
  readonly message: string;
  /** Commit, branch or tag to start from; HEAD of the main checkout when absent. */
  readonly base?: string;
  /** No cleanup removes its worktree. */
  readonly persistent?: boolean;
  /** Runs that must complete first. */
  readonly after?: readonly string[];
  /** Where it is not its turn yet, do not wait for it: it is started later. */
  readonly isLeftInQueue?: boolean;
}

export interface RestartRequest {
  /** What it goes on with: the same worktree, or a checkpoint (the last one when null). Anew from the base when absent. */
  readonly resume?: 'worktree' | { readonly checkpoint: number | null };
  readonly why?: string;
}

export interface ListFilter {
  readonly statuses?: readonly RunDocument['status'][];
  readonly workflowName?: string;
  /** Top folder of the main checkout. */
  readonly repository?: string;
  /** Epoch milliseconds, inclusive. */
  readonly createdSince?: number;
  /** Epoch milliseconds, exclusive. */
  readonly createdUntil?: number;
  readonly limit?: number;
  /** From an earlier page. */
  readonly cursor?: string;
}

export interface LogPart {
  readonly log?: 'output' | 'setup' | 'teardown';
  /** First byte; 0 when absent. */
  readonly offset?: number;
  /** In bytes. */
  readonly limit?: number;
}

export interface CleanupRequest {
  /** A folder in the repository. */
  readonly directory: string;
  readonly dryRun: boolean;
  /** What ended less than so long ago stays; 48. */
  readonly maxAgeHours?: number;
  /** Also what has uncommitted work in it, which is kept in a checkpoint. */
  readonly force?: boolean;
  /** Only these worktrees, by path. */
  readonly only?: readonly string[];
  readonly why?: string;
}

export interface AuditFilter {
  readonly runId?: string;
  /** Only this, e.g. `kill`. */
  readonly action?: string;
  /** Epoch milliseconds, inclusive. */
  readonly since?: number;
  /** Epoch milliseconds, exclusive. */
  readonly until?: number;
  readonly after?: number;
  /** At most so many; 100 when absent. */
  readonly limit?: number;
}

export interface WorkflowDocument {
  readonly name: string;
  readonly description: string | null;
  readonly time_limit_minutes: number;
  readonly persistent: boolean;
}

/** A run. Times are ISO 8601 with `Z`; what is added later is left out of a copy of this file. */
export interface RunDocument {
  readonly run_id: string;
  readonly workflow_name: string;
  readonly status: 'pending' | 'running' | 'terminating' | 'completed' | 'failed' | 'terminated' | 'killed';
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
  readonly kill_method: 'graceful' | 'forced' | 'system' | null;
  readonly last_heartbeat: string | null;
  readonly last_output_at: string | null;
  readonly last_line: string | null;
  readonly health: { readonly level: 'healthy' | 'warning' | 'critical'; readonly reasons: readonly string[] };
  readonly queue_place: number | null;
  readonly replaced_by: string | null;
}

/** What was observed of a kill. */
export interface KillDocument {
  /** True only if it is proved that no process of the run is left. */
  readonly success: boolean;
  readonly run_id: string;
  readonly workflow_name: string;
  readonly killed_at: string;
  readonly kill_method: 'graceful' | 'forced' | 'system';
  readonly kill_duration_ms: number;
  readonly cleanup_status: {
    readonly session_updated: boolean;
    readonly audit_logged: boolean;
    readonly process_terminated: boolean;
  };
  readonly survivors: readonly { readonly pid: number; readonly name: string; readonly reason: string }[];
  readonly message: string;
}

export interface KillPreviewDocument {
  readonly dry_run: true;
  readonly runs: readonly {
    readonly run_id: string;
    readonly workflow_name: string;
    readonly status: RunDocument['status'];
    /** Null where it is not known. */
    readonly impact: {
      readonly dirty_files: { readonly tracked: number; readonly untracked: number } | null;
      readonly unpushed_commits: number | null;
      readonly under_way: readonly string[] | null;
      readonly processes: number | null;
      readonly children: readonly string[];
    };
  }[];
}

export interface LogDocument {
  readonly run_id: string;
  readonly log: 'output' | 'setup' | 'teardown';
  readonly offset: number;
  /** Where the next part begins. */
  readonly next_offset: number;
  readonly output: string;
}

export interface CleanupDocument {
  readonly dry_run: boolean;
  readonly removed: readonly {
    readonly run_id: string;
    readonly path: string;
    readonly bytes: number | null;
    readonly checkpoint: string | null;
  }[];
  readonly kept: readonly { readonly run_id: string; readonly path: string; readonly reasons: readonly string[] }[];
}

export interface CheckpointsDocument {
  readonly run_id: string;
  readonly checkpoints: readonly {
    readonly number: number;
    readonly ref: string;
    readonly commit: string;
    readonly why: string | null;
    readonly at: string;
    readonly files: number | null;
  }[];
}

export interface RestoreDocument {
  readonly run_id: string;
  readonly worktree_path: string;
  readonly branch: string;
  /** Its ref. */
  readonly checkpoint: string;
  /** What differs from the run's branch as it is now; null where that has gone. */
  readonly changes: readonly { readonly path: string; readonly change: string }[] | null;
}

export interface AuditDocument {
  readonly entry: number;
  readonly at: string;
  readonly run_id: string | null;
  readonly action: string;
  readonly user: string;
  readonly face: string;
  readonly outcome: string;
  readonly why: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}
