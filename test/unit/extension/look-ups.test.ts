import { beforeEach, expect, test, vi } from 'vitest';
import { WardenError } from '../../../src/core/errors.ts';
import type { RunFilter } from '../../../src/core/ports/store.ts';
import { isTerminal } from '../../../src/core/run-status.ts';
import { PermissionRequests } from '../../../src/extension/permission-requests.ts';
import { pickRun, type RunChoice } from '../../../src/extension/pick-run.ts';
import type { RunsFeed } from '../../../src/extension/runs-feed.ts';
import type { SupervisorAccess } from '../../../src/extension/supervisor-access.ts';
import type { Warden } from '../../../src/extension/warden.ts';
import { WorkspaceRepositories } from '../../../src/extension/workspace-repositories.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { aWatchedRun } from './watched-run.ts';

const { showQuickPick } = vi.hoisted(() => ({ showQuickPick: vi.fn((_items: readonly RunChoice[]) => undefined) }));

vi.mock('vscode', () => ({
  EventEmitter: class {
    readonly event = () => ({ dispose: () => undefined });
  },
  l10n: { t: (template: string) => template },
  window: { showQuickPick },
  workspace: {
    workspaceFolders: ['/one', '/two'].map((fsPath) => ({ uri: { scheme: 'file', fsPath } })),
    onDidChangeWorkspaceFolders: () => ({ dispose: () => undefined }),
  },
}));

beforeEach(() => void showQuickPick.mockClear());

const accessTo = (supervisor: object): SupervisorAccess =>
  ({ opened: supervisor, get: () => Promise.resolve(supervisor) }) as unknown as SupervisorAccess;

test('a command offers every run that goes on, however many were started and ended since', async () => {
  const idOf = (number: number) => runIdFrom(Uint8Array.of(0, 0, 0, 0, number >> 8, number & 255));
  const newer = Array.from({ length: 300 }, (_, number) => aWatchedRun({ runId: idOf(number), status: 'completed' }));
  const old = aWatchedRun({ runId: idOf(999), status: 'running' });
  const all = [...newer, old].map(({ report }) => report);
  const found = ({ statuses, limit = 100 }: RunFilter) =>
    all.filter(({ run }) => statuses?.includes(run.status) ?? true).slice(0, limit);
  const supervisor = {
    list: (filter: RunFilter) => Promise.resolve({ runs: found(filter), nextCursor: null }),
    recent: (filter: RunFilter) => Promise.resolve(found(filter)),
  };
  const warden = { access: accessTo(supervisor), repositories: { nameToShow: () => null } } as unknown as Warden;
  const offered = async (word: 'killable' | null) => {
    await pickRun(warden, undefined, { word, title: '' });
    return showQuickPick.mock.lastCall?.[0].map(({ report }) => report.run) ?? [];
  };

  expect((await offered('killable')).map(({ runId }) => runId)).toEqual([idOf(999)]);
  const any = await offered(null);
  expect(any[0]?.runId).toBe(idOf(999));
  expect(any.filter(({ status }) => isTerminal(status))).toHaveLength(200);
});

test('a folder that git refuses does not keep the others from being worked with', async () => {
  const refusal = new WardenError('repository_of_another', { path: '/one', command: 'git config' });
  const failed = vi.fn();
  let refused = ['/one'];
  const supervisor = {
    repositoryOf: (path: string) => (refused.includes(path) ? Promise.reject(refusal) : Promise.resolve(path)),
  };
  const repositories = new WorkspaceRepositories(accessTo(supervisor), { failed });
  expect(await repositories.find()).toEqual(['/two']);
  await repositories.find();
  expect(failed.mock.calls.map(([, error]: unknown[]) => error)).toEqual([refusal]);
  refused = ['/one', '/two'];
  await expect(repositories.find()).rejects.toBe(refusal);
  expect(repositories.known).toEqual(['/two']);
});

test('while it cannot be seen what runs ask for, nobody is told of it again and again', async () => {
  const report = vi.fn();
  const failed = vi.fn();
  const busy = new WardenError('database_busy', { path: 'warden.db', waitedMilliseconds: 1 });
  const listeners: ((runs: readonly object[]) => void)[] = [];
  const feed = {
    onDidLoad: (listener: (runs: readonly object[]) => void) => {
      listeners.push(listener);
      return { dispose: () => undefined };
    },
  } as unknown as RunsFeed;
  const repositories = { known: [] } as unknown as WorkspaceRepositories;
  const access = accessTo({ requests: () => Promise.reject(busy) });
  using _requests = Object.assign(
    new PermissionRequests({ access, feed, repositories, report, diagnostics: { failed } }),
    { [Symbol.dispose]: () => undefined },
  );
  listeners[0]?.([aWatchedRun()]);
  await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
  expect(report).not.toHaveBeenCalled();
});
