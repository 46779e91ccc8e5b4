import * as vscode from 'vscode';
import { auditJson } from '../core/audit-export.ts';
import { isWardenError, WardenError } from '../core/errors.ts';
import { isRunId } from '../core/run-id.ts';
import {
  checkpointsJson,
  cleanupJson,
  errorJson,
  killPreviewJson,
  killReportJson,
  restoreJson,
  runJson,
  workflowsJson,
} from '../core/run-json.ts';
import { wholeCharacters } from '../server/whole-characters.ts';
import type { RunReport } from '../supervisor/supervisor.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { launchContext, requireTrust } from './launch-context.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import type { RunDocument, WardenApi, WardenApiError } from './warden-api.ts';

const mostLogBytes = 64 * 1024;
const auditEntries = 100;

/** What `activate` gives to other extensions. */
export function createApi(access: SupervisorAccess, feed: RunsFeed): WardenApi {
  const asked = async <Result>(verb: (supervisor: SupervisorInThread) => Promise<Result>): Promise<Result> => {
    try {
      return await verb(await access.get());
    } catch (error) {
      throw worded(error);
    }
  };
  const askedForRun = (verb: (supervisor: SupervisorInThread) => Promise<{ readonly runId: string }>) =>
    asked(async (supervisor) => documentOf(await supervisor.status((await verb(supervisor)).runId)));
  return {
    version: 1,
    workflows: (directory) => asked(async (supervisor) => workflowsJson(await supervisor.workflows(directory))),
    run: ({ workflowName, directory, message, ...request }) =>
      askedForRun((supervisor) => {
        requireTrust();
        return supervisor.run({ ...launchContext(), ...request, workflowName, directory, message });
      }),
    list: (filter = {}) =>
      asked(async (supervisor) => {
        const { runs, nextCursor } = await supervisor.list(filter);
        return { runs: runs.map(documentOf), next_cursor: nextCursor };
      }),
    status: (runId) => asked(async (supervisor) => documentOf(await supervisor.status(runId))),
    wait: (runId, token) =>
      asked(async (supervisor) => {
        const cancelled = new AbortController();
        if (token?.isCancellationRequested === true) cancelled.abort();
        const listening = token?.onCancellationRequested(() => cancelled.abort());
        try {
          return documentOf(await supervisor.wait(runId, cancelled.signal));
        } finally {
          listening?.dispose();
        }
      }),
    logs: (runId, { log = 'output', offset = 0, limit = mostLogBytes } = {}) =>
      asked(async (supervisor) => {
        const bytes = await supervisor.logs(runId, offset, Math.min(limit, mostLogBytes), log);
        const whole = bytes.subarray(0, wholeCharacters(bytes));
        const next_offset = offset + whole.length;
        return { run_id: runId, log, offset, next_offset, output: new TextDecoder().decode(whole) };
      }),
    previewKill: (runIds) =>
      asked(async (supervisor) => killPreviewJson(await supervisor.impactOf(runIds), vscode.l10n.t)),
    kill: (runId, options) =>
      asked(async (supervisor) => killReportJson(await supervisor.kill(runId, options), vscode.l10n.t)),
    restart: (runId, options) =>
      askedForRun((supervisor) => {
        requireTrust();
        return supervisor.restart(runId, { ...launchContext(), ...options });
      }),
    complete: (runId, options) => askedForRun((supervisor) => supervisor.complete(runId, options)),
    extend: (runId, minutes) => askedForRun((supervisor) => supervisor.extend(runId, minutes)),
    checkpoint: (runId) => asked((supervisor) => supervisor.checkpoint(runId)),
    checkpoints: (runId) =>
      asked(async (supervisor) => checkpointsJson(runId, null, await supervisor.checkpoints(runId))),
    restore: (runId, options) =>
      asked(async (supervisor) => restoreJson(runId, await supervisor.restore(runId, options))),
    audit: ({ runId, limit = auditEntries, ...filter } = {}) =>
      asked(async (supervisor) => {
        if (runId !== undefined && !isRunId(runId)) throw new WardenError('unknown_run', { runId, nearest: [] });
        const about = runId === undefined ? {} : { runId };
        return { entries: (await supervisor.audit({ ...filter, ...about, limit })).map(auditJson) };
      }),
    cleanup: (request) => asked(async (supervisor) => cleanupJson(await supervisor.cleanup(request), vscode.l10n.t)),
    onDidChange: (listener, thisArgument, disposables) =>
      feed.onDidLoad(() => listener.call(thisArgument), undefined, disposables),
  };
}

function documentOf({ run, ...facts }: RunReport): RunDocument {
  return runJson(run, facts);
}

/** Codes alone tell people nothing. */
function worded(error: unknown): unknown {
  if (!isWardenError(error)) return error;
  const { code, message, details } = errorJson(error, vscode.l10n.t).error;
  return Object.assign(new Error(message, { cause: error }), { code, details }) satisfies WardenApiError;
}
