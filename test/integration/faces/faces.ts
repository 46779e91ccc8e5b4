import { userInfo } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { isWardenError } from '../../../src/core/errors.ts';
import { cleanupJson, errorJson, killReportJson, runJson } from '../../../src/core/run-json.ts';
import { createApi } from '../../../src/extension/api.ts';
import type { RunsFeed } from '../../../src/extension/runs-feed.ts';
import type { SupervisorAccess } from '../../../src/extension/supervisor-access.ts';
import type { RunReport } from '../../../src/supervisor/supervisor.ts';
import { openSupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import type { TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { keyOf, served } from '../cli/served.ts';
import { wardenIn } from '../cli/warden.ts';
import { mcpClient } from '../server/mcp-client.ts';

/** A document of an answer, or `{ code }` of what it was refused with. */
// oxlint-disable-next-line typescript/no-explicit-any -- the tests say what they expect
export type Answer = any;

/** The same verbs by one way in. */
export interface Face extends AsyncDisposable {
  run(workflowName: string, message: string): Promise<Answer>;
  status(runId: string): Promise<Answer>;
  kill(runId: string, why?: string): Promise<Answer>;
  restart(runId: string): Promise<Answer>;
  complete(runId: string, why: string): Promise<Answer>;
  /** Times with an offset. @returns ids */
  list(since: string, until: string): Promise<Answer>;
  /** What would be removed. */
  cleanup(): Promise<Answer>;
}

export const faces: Readonly<Record<string, (repository: TemporaryRepository) => Promise<Face>>> = {
  supervisor: supervisorFace,
  cli: cliFace,
  http: httpFace,
  mcp: mcpFace,
  extension: extensionFace,
};

const idsIn = ({ runs }: { readonly runs: readonly { readonly run_id: string }[] }): readonly string[] =>
  runs.map(({ run_id }) => run_id);

async function supervisorFace(repository: TemporaryRepository): Promise<Face> {
  const opened = await testSupervisor(repository, undefined, { leavesRuns: true });
  const { supervisor } = opened;
  const documentOf = ({ run, ...facts }: RunReport): Answer => runJson(run, facts);
  const statusOf = async ({ runId }: { readonly runId: string }) => documentOf(await supervisor.status(runId));
  const orCode = async (verb: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await verb();
    } catch (error) {
      if (isWardenError(error)) return { code: errorJson(error).error.code };
      throw error;
    }
  };
  const directory = repository.path;
  return {
    run: (workflowName, message) =>
      orCode(async () => statusOf(await supervisor.run({ workflowName, message, directory }))),
    status: (runId) => orCode(() => statusOf({ runId })),
    kill: (runId, why) =>
      orCode(async () => killReportJson(await supervisor.kill(runId, why === undefined ? {} : { why }))),
    restart: (runId) => orCode(async () => statusOf(await supervisor.restart(runId))),
    complete: (runId, why) =>
      orCode(async () => statusOf(await supervisor.complete(runId, { becomes: 'completed', why }))),
    list: (since, until) =>
      orCode(async () => {
        const filter = { createdSince: Date.parse(since), createdUntil: Date.parse(until), repository: directory };
        return (await supervisor.list(filter)).runs.map(({ run }) => run.runId);
      }),
    cleanup: () =>
      orCode(async () => cleanupJson(await supervisor.cleanup({ directory, dryRun: true, maxAgeHours: 0 }))),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

// oxlint-disable-next-line typescript/require-await -- the others open something
async function cliFace(repository: TemporaryRepository): Promise<Face> {
  const cli = wardenIn(repository);
  const json = async (...parameters: string[]): Promise<Answer> => {
    const { document } = await cli.json<Answer>(...parameters);
    return document.error === undefined ? document : { code: document.error.code };
  };
  return {
    run: (workflowName, message) => json('run', workflowName, '--message', message),
    status: (runId) => json('status', runId),
    kill: (runId, why) => json('kill', runId, ...(why === undefined ? [] : ['--reason', why])),
    restart: (runId) => json('restart', runId),
    complete: (runId, why) => json('complete', runId, '--reason', why),
    list: async (since, until) => idsIn(await json('list', '--since', since, '--until', until)),
    cleanup: () => json('cleanup', '--dry-run', '--max-age-hours', '0'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function httpFace(repository: TemporaryRepository): Promise<Face> {
  const command = wardenIn(repository);
  const { address, end } = await served(command, '--port', '0');
  // What it starts has its name as owner.
  const key = await keyOf(command, 'admin', userInfo().username);
  const answered = async (path: string, init: RequestInit): Promise<Answer> => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const response = await fetch(`${address}/api/v1${path}`, { ...init, headers });
    const document = (await response.json()) as Answer;
    return response.ok ? document : { code: document.code };
  };
  const post = (path: string, body: object = {}) => answered(path, { method: 'POST', body: JSON.stringify(body) });
  const runs = '/workflows/claude-code';
  return {
    run: (workflowName, message) => post(`/workflows/${workflowName}/run`, { message }),
    status: (runId) => answered(`${runs}/run/${runId}/status`, {}),
    kill: (runId, why) => post(`${runs}/run/${runId}/kill`, why === undefined ? {} : { reason: why }),
    restart: (runId) => post(`${runs}/run/${runId}/restart`),
    complete: (runId, why) => post(`${runs}/run/${runId}/complete`, { reason: why }),
    list: async (since, until) => {
      const query = new URLSearchParams({ created_after: since, created_before: until });
      return idsIn(await answered(`${runs}/runs?${query.toString()}`, {}));
    },
    cleanup: () => post('/worktrees/cleanup', { max_age_hours: 0 }),
    [Symbol.asyncDispose]: async () => {
      if ((await end()) !== 0) throw new Error('the server failed');
    },
  };
}

async function mcpFace(repository: TemporaryRepository): Promise<Face> {
  const mcp = await mcpClient(repository);
  const call = async (tool: string, given: Record<string, unknown>): Promise<Answer> => {
    const { document, error } = await mcp.call<Answer>(tool, given);
    return error === null ? document : { code: error.code };
  };
  return {
    run: (workflowName, message) => call('run_workflow', { workflow_name: workflowName, message }),
    status: (runId) => call('get_workflow_status', { run_id: runId }),
    kill: (runId, why) => call('kill_workflow', { run_id: runId, ...(why === undefined ? {} : { reason: why }) }),
    restart: (runId) => call('restart_workflow', { run_id: runId }),
    complete: (runId, why) => call('force_complete_workflow', { run_id: runId, reason: why }),
    list: async (since, until) =>
      idsIn(await call('list_runs_by_time_range', { created_after: since, created_before: until })),
    cleanup: () => call('cleanup_worktrees', { max_age_hours: 0 }),
    [Symbol.asyncDispose]: () => mcp[Symbol.asyncDispose](),
  };
}

async function extensionFace(repository: TemporaryRepository): Promise<Face> {
  const supervisor = await openSupervisorInThread({
    // Not what ships, which has a SQLite of its own: two of them in one process drop each other's locks.
    entry: path.join(import.meta.dirname, '../../../src/main.ts'),
    intervalMilliseconds: 60_000,
    mayLaunch: true,
    maxAgeHours: null,
    diagnostics: { failed: (_, error) => expectNothing(error) },
    environment: { ...process.env, WARDEN_STATE_DIR: repository.stateFolder },
  });
  const access = { get: () => Promise.resolve(supervisor) } as unknown as SupervisorAccess;
  const api = createApi(access, { onDidLoad: vi.fn() } as unknown as RunsFeed);
  const orCode = (answer: Promise<Answer>): Promise<Answer> =>
    answer.catch((error: { readonly code?: string }) => {
      if (error.code === undefined) throw error;
      return { code: error.code };
    });
  const directory = repository.path;
  return {
    run: (workflowName, message) => orCode(api.run({ workflowName, message, directory })),
    status: (runId) => orCode(api.status(runId)),
    kill: (runId, why) => orCode(api.kill(runId, why === undefined ? {} : { why })),
    restart: (runId) => orCode(api.restart(runId)),
    complete: (runId, why) => orCode(api.complete(runId, { becomes: 'completed', why })),
    list: async (since, until) =>
      idsIn(
        await api.list({ createdSince: Date.parse(since), createdUntil: Date.parse(until), repository: directory }),
      ),
    cleanup: () => orCode(api.cleanup({ directory, dryRun: true, maxAgeHours: 0 })),
    [Symbol.asyncDispose]: () => supervisor.dispose(),
  };
}

function expectNothing(error: unknown): never {
  throw error;
}
