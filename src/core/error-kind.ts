import type { ErrorCode, ErrorKind } from './errors.ts';

const kinds: Readonly<Record<ErrorCode, ErrorKind>> = {
  not_a_repository: 'failed',
  bare_repository: 'failed',
  repository_of_another: 'failed',
  unusable_repository: 'failed',
  repository_without_commit: 'failed',
  git_not_found: 'failed',
  base_not_found: 'not_found',
  no_workflows: 'not_found',
  invalid_workflows: 'failed',
  unknown_workflow: 'not_found',
  unknown_run: 'not_found',
  invalid_argument: 'usage',
  command_not_found: 'failed',
  worktree_path_taken: 'failed',
  branch_taken: 'failed',
  launch_failed: 'failed',
  git_failed: 'failed',
  no_worktree: 'refused',
  worktree_occupied: 'refused',
  no_checkpoint: 'not_found',
  run_is_over: 'refused',
  run_not_running: 'refused',
  run_is_ending: 'refused',
  run_not_over: 'refused',
  survivors: 'failed',
  no_free_ports: 'failed',
  not_proved_gone: 'failed',
  launcher_stopped: 'failed',
  out_of_sight: 'refused',
  already_replaced: 'refused',
  retry_cancelled: 'refused',
  drill_failed: 'failed',
  disk_full: 'failed',
  state_folder_not_writable: 'failed',
  database_newer: 'failed',
  database_damaged: 'failed',
  database_rebuilt: 'failed',
  database_busy: 'failed',
  unsupported_runtime: 'failed',
  untrusted_workspace: 'refused',
  confirmation_needed: 'refused',
  not_in_a_run: 'refused',
  not_permitted: 'refused',
  unknown_key: 'not_found',
  unknown_request: 'not_found',
  request_is_answered: 'refused',
  cannot_look_at_processes: 'failed',
  invalid_webhook: 'usage',
  cannot_listen: 'failed',
  no_webhook: 'not_found',
  notice_given_up: 'failed',
  webhook_failed: 'failed',
};

export function kindOf(code: ErrorCode): ErrorKind {
  return kinds[code];
}

const exitCodes = { failed: 1, usage: 2, not_found: 3, refused: 4 } as const satisfies Record<ErrorKind, number>;

/** Exit code of a command that ends with such an error. */
export function exitCodeOf(kind: ErrorKind): 1 | 2 | 3 | 4 {
  return exitCodes[kind];
}
