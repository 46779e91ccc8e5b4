import type { Role } from './actor.ts';
import type { Permission, Refusal } from './permission.ts';

/**
 * Everything that can be refused or go wrong, as a typed code with the facts that belong to it. Words are made at the
 * edge (see `messages.ts`), so that a person, a script and a translator each get what they need from the same error.
 */
export interface ErrorFacts {
  /** The folder is not inside a git repository. */
  not_a_repository: { path: string };
  /** A bare repository has no place for `.vscode/workflows.json` and no checkout to start from. */
  bare_repository: { path: string };
  /** Git does not work in what belongs to another user, until it is told to by `command`. */
  repository_of_another: { path: string; command: string };
  /** It is there, and git or the system refuses to work in it. `detail` holds their own words. */
  unusable_repository: { path: string; detail: string };
  /** There is no commit that a worktree could start from. */
  repository_without_commit: { path: string };
  git_not_found: { detail: string };
  base_not_found: { base: string; repository: string };
  /** Workflow definitions are missing, or none of the places looked at holds any. */
  no_workflows: { paths: readonly string[] };
  /** One or more problems, each at its line, in a definitions file. */
  invalid_workflows: { problems: readonly WorkflowFileProblem[] };
  unknown_workflow: { name: string; nearest: readonly string[]; known: readonly string[] };
  unknown_run: { runId: string; nearest: readonly string[] };
  invalid_argument: { argument: string; value: string; expected: string };
  command_not_found: { command: string };
  /** So many ports in a row are not free between these, both included. */
  no_free_ports: { count: number; first: number; last: number };
  worktree_path_taken: { path: string };
  branch_taken: { branch: string };
  /** A step of a launch failed and everything before it was undone. `detail` holds the tool's own words. */
  launch_failed: { runId: string; step: LaunchStep; detail: string };
  /** Git refused or failed. `detail` holds git's own words. */
  git_failed: { operation: string; detail: string };
  /** Its worktree was removed, or never made. */
  no_worktree: { runId: string };
  /** A process works in the worktree that was to be used. */
  worktree_occupied: { path: string; pid: number; name: string };
  /** It has none, or none with that number. */
  no_checkpoint: { runId: string; number: number | null; known: readonly number[] };
  /** `replacedBy`: the run that was started in its place, the last of several. */
  run_is_over: { runId: string; status: string; replacedBy?: string };
  /** What is about a run that is under way comes too early or too late. */
  run_not_running: { runId: string; status: string };
  /** It is told to end already. */
  run_is_ending: { runId: string };
  run_not_over: { runId: string; status: string };
  /** A kill ended with processes still alive; they are named in the report. */
  survivors: { runId: string; survivors: number };
  /** Processes of the run are still alive, so the step that needs them gone was not taken. */
  not_proved_gone: { runId: string };
  /** Only whoever starts a run can take back what it was about to make. `survivors` of what had been begun. */
  launcher_stopped: { runId: string; pid: number | null; survivors: number };
  /** Its processes are in another container or sandbox, of which nothing can be seen from here. */
  out_of_sight: { runId: string };
  /** Another run has taken its place, so nobody starts it again by himself. */
  already_replaced: { runId: string; by: string };
  retry_cancelled: { runId: string };
  /** The tree that was to be killed did not come to stand. */
  drill_failed: { runId: string; output: string };
  disk_full: { path: string };
  state_folder_not_writable: { path: string; detail: string };
  database_newer: { path: string; found: number; supported: number };
  database_damaged: { path: string; detail: string };
  /** Nothing to be done: the database was lost and made anew from the run folders; `setAside` is where the damaged one is. */
  database_rebuilt: {
    path: string;
    runs: number;
    setAside: string | null;
    backup: string | null;
    missingEntries: number;
    refusedKeys: number;
  };
  database_busy: { path: string; waitedMilliseconds: number };
  unsupported_runtime: { napi: string; node: string };
  untrusted_workspace: { folder: string };
  /** Worktrees would be removed, or something repaired (of which `paths` may also be pids or runs), and nobody said yes to it. */
  confirmation_needed: { work: 'remove' | 'repair'; paths: readonly string[] };
  /** Only a run itself can say that it lives, or what of it is critical. `runId` is known when no such run is. */
  not_in_a_run: { runDirectory: string | null; runId: string | null };
  /** Who acts may not do it. `mayAsk`: a run that may ask a person to do it. */
  not_permitted: { permission: Permission; role: Role; refusal: Refusal; runId: string | null; mayAsk: boolean };
  /** It was never made, or is revoked. */
  unknown_key: { id: string };
  unknown_request: { id: number };
  request_is_answered: { id: number; state: string };
  cannot_look_at_processes: { detail: string };
  /** What was typed, or the file at `path`, is not repeated: it may hold the secret. */
  invalid_webhook: { path: string | null; problem: WebhookProblem };
  /** A server cannot take requests at a port or socket. */
  cannot_listen: { place: string; detail: string };
  no_webhook: Record<string, never>;
  /** It did not get through for so long that nobody wants to hear of it any more. */
  notice_given_up: { host: string };
  /** A notice did not get through. `status` is null when nothing came back, and `detail` says why. */
  webhook_failed: { host: string; status: number | null; detail: string; isTriedAgain: boolean };
}

export type WebhookProblem =
  | 'no_url'
  | 'not_a_url'
  | 'not_https'
  | 'credentials'
  | 'not_json'
  | 'format'
  | 'kinds'
  | 'not_readable';

/** The steps of a launch, in their order. */
export type LaunchStep = 'queue' | 'ports' | 'worktree' | 'include' | 'checkpoint' | 'setup' | 'start';

export interface WorkflowFileProblem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Dotted path of the key, e.g. `workflows.builder.command`; empty for the document itself. */
  readonly key: string;
  readonly problem: string;
}

export type ErrorCode = keyof ErrorFacts;

/** How an error ends a command: the exit codes 1 to 4 of the command line. */
export type ErrorKind = 'failed' | 'usage' | 'not_found' | 'refused';

/** The one error type of the product. Anything else that is thrown is a defect. */
export class WardenError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly facts: ErrorFacts[Code];

  constructor(code: Code, facts: ErrorFacts[Code], options?: ErrorOptions) {
    super(code, options);
    this.name = 'WardenError';
    this.code = code;
    this.facts = facts;
  }
}

export function isWardenError<Code extends ErrorCode>(error: unknown, code?: Code): error is WardenError<Code> {
  return error instanceof WardenError && (code === undefined || error.code === code);
}

/** What a foreign error says, for the `detail` of one of ours. */
export function detailOf(error: unknown): string {
  if (error instanceof WardenError) {
    return 'detail' in error.facts ? error.facts.detail : error.code;
  }
  return error instanceof Error ? error.message : String(error);
}
