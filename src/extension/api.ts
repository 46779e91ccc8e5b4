import type * as vscode from 'vscode';
import {
  type CleanupJson,
  cleanupJson,
  type KillReportJson,
  killReportJson,
  type RunJson,
  runJson,
} from '../core/run-json.ts';
import type { Run } from '../core/run.ts';
import type { RunFilter } from '../core/ports/store.ts';
import type { CleanupRequest } from '../supervisor/cleanup.ts';
import type { CompleteOptions } from '../supervisor/complete.ts';
import type { KillOptions } from '../supervisor/kill.ts';
import type { LaunchOptions } from '../supervisor/launch.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { launchContext, requireTrust } from './launch-context.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** What other extensions get from `activate`: the verbs of `warden`, with what it prints as JSON. */
export interface WardenApi {
  readonly version: 1;
  /** Resolves when the run is running. @throws WardenError untrusted_workspace, and what a launch throws */
  run(options: Omit<LaunchOptions, 'onProgress'>): Promise<RunJson>;
  list(filter?: RunFilter): Promise<{ readonly runs: readonly RunJson[]; readonly next_cursor: string | null }>;
  status(runId: string): Promise<RunJson>;
  kill(runId: string, options?: KillOptions): Promise<KillReportJson>;
  /** @returns the new run */
  restart(runId: string): Promise<RunJson>;
  complete(runId: string, options: CompleteOptions): Promise<RunJson>;
  /** Gives a run more time, in minutes: on top of its limit, or from now on where that has passed. */
  extend(runId: string, minutes: number): Promise<RunJson>;
  cleanup(request: CleanupRequest): Promise<CleanupJson>;
  /** Something about the runs may have changed; any window or command may have done it. */
  readonly onDidChange: vscode.Event<void>;
}

export function createApi(access: SupervisorAccess, feed: RunsFeed): WardenApi {
  const statusOf = async (supervisor: SupervisorInThread, { runId }: Pick<Run, 'runId'>): Promise<RunJson> => {
    const { run, ...facts } = await supervisor.status(runId);
    return runJson(run, facts);
  };
  return {
    version: 1,
    async run(options) {
      requireTrust();
      const supervisor = await access.get();
      return statusOf(supervisor, await supervisor.run({ ...launchContext(), ...options }));
    },
    async list(filter = {}) {
      const supervisor = await access.get();
      const { runs, nextCursor } = await supervisor.list(filter);
      return { runs: runs.map(({ run, ...facts }) => runJson(run, facts)), next_cursor: nextCursor };
    },
    async status(runId) {
      const { run, ...facts } = await (await access.get()).status(runId);
      return runJson(run, facts);
    },
    async kill(runId, options) {
      return killReportJson(await (await access.get()).kill(runId, options));
    },
    async restart(runId) {
      requireTrust();
      const supervisor = await access.get();
      return statusOf(supervisor, await supervisor.restart(runId, launchContext()));
    },
    async complete(runId, options) {
      const supervisor = await access.get();
      return statusOf(supervisor, await supervisor.complete(runId, options));
    },
    async extend(runId, minutes) {
      const supervisor = await access.get();
      return statusOf(supervisor, await supervisor.extend(runId, minutes));
    },
    async cleanup(request) {
      return cleanupJson(await (await access.get()).cleanup(request));
    },
    onDidChange: (listener, thisArgument, disposables) =>
      feed.onDidLoad(() => listener.call(thisArgument), undefined, disposables),
  };
}
