import { STATUS_CODES } from 'node:http';
import { kindOf } from '../core/error-kind.ts';
import { type ErrorCode, type ErrorKind, isWardenError, type LaunchStep, type WardenError } from '../core/errors.ts';
import { errorJson } from '../core/run-json.ts';

/** What is wrong with a request as such, before any verb is asked for. */
export type RequestProblem =
  | 'invalid_request'
  | 'invalid_key'
  | 'origin_not_allowed'
  | 'host_not_allowed'
  | 'unknown_route'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'too_many_followers'
  | 'unexpected';

/** A problem document of RFC 9457; `code` and `details` are those of the same error on every other face. */
export interface ProblemJson {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a request is answered with when it is not done. */
export class Problem extends Error {
  readonly status: number;
  readonly code: RequestProblem | ErrorCode;
  readonly details: ProblemJson['details'];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RequestProblem | ErrorCode,
    detail: string,
    details: ProblemJson['details'] = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }

  /** @param more what else was found, beside the document's own members */
  response(more: Readonly<Record<string, unknown>> = {}): Response {
    const document: ProblemJson & Readonly<Record<string, unknown>> = {
      ...more,
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      details: this.details,
    };
    return new Response(`${JSON.stringify(document)}\n`, {
      status: this.status,
      headers: { 'content-type': 'application/problem+json', ...this.headers },
    });
  }
}

const statusOfKind: Readonly<Record<ErrorKind, number>> = { usage: 400, not_found: 404, refused: 409, failed: 500 };

/** Where the kind does not say enough. */
const statuses: Partial<Record<ErrorCode, number>> = {
  untrusted_workspace: 403,
  not_permitted: 403,
  // Something else is in the place, until somebody moves it.
  worktree_path_taken: 409,
  branch_taken: 409,
  // What the request names cannot be worked with.
  not_a_repository: 422,
  bare_repository: 422,
  repository_of_another: 422,
  unusable_repository: 422,
  repository_without_commit: 422,
  invalid_workflows: 422,
  command_not_found: 422,
  // It may work later.
  no_free_ports: 503,
  launcher_stopped: 503,
  disk_full: 503,
  state_folder_not_writable: 503,
  database_newer: 503,
  database_damaged: 503,
  database_busy: 503,
  cannot_look_at_processes: 503,
};

/** Of a repository and what its workflow says: when a launch fails at one of these, they are what is to be changed. */
const stepsOfRequester: ReadonlySet<LaunchStep> = new Set(['worktree', 'include', 'checkpoint', 'setup']);

function statusOf(error: WardenError): number {
  if (isWardenError(error, 'launch_failed') && stepsOfRequester.has(error.facts.step)) return 422;
  return statuses[error.code] ?? statusOfKind[kindOf(error.code)];
}

/** @param isExternal told to somebody who may see the status of runs only: nothing of this machine then */
export function problemOf(error: WardenError, isExternal = false): Problem {
  if (isExternal && kindOf(error.code) === 'failed') {
    return new Problem(statusOf(error), error.code, 'This machine could not do it.');
  }
  const { message, details } = errorJson(error).error;
  return new Problem(statusOf(error), error.code, message, details);
}
