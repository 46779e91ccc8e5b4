import { expect, test, vi } from 'vitest';
import type { AlertsFeed } from '../../../src/extension/alerts-feed.ts';
import type { RunsFeed } from '../../../src/extension/runs-feed.ts';
import type { SupervisorAccess } from '../../../src/extension/supervisor-access.ts';
import type { WorkspaceRepositories } from '../../../src/extension/workspace-repositories.ts';
import { WorktreesTree } from '../../../src/extension/worktrees-tree.ts';
import { worktreeEntry } from './worktree-entry.ts';

const asked = vi.hoisted(() => ({ again: 0 }));

vi.mock('vscode', () => ({
  EventEmitter: class {
    readonly event = (): void => undefined;
    fire(): void {
      asked.again += 1;
    }
  },
  l10n: { t: (template: string) => template },
  window: { createTreeView: () => ({ visible: true, onDidChangeVisibility: () => undefined }) },
  workspace: { getConfiguration: () => ({ get: (_: string, value: unknown) => value }) },
}));

test('while worktrees are looked at again their rows stay, and VS Code asks for new ones when those are there and differ', async () => {
  let reasonsSeen = 0;
  const looks: (() => void)[] = [];
  const supervisor = {
    worktrees: async () => {
      await new Promise<void>((resolve) => looks.push(resolve));
      reasonsSeen += 1;
      return [worktreeEntry(reasonsSeen === 1 ? [] : [{ code: 'active', status: 'running' }])];
    },
    keptWork: () => Promise.resolve([]),
    otherWorktrees: () => Promise.resolve([]),
    disk: () => Promise.resolve({ usage: null, budgets: [] }),
  };
  const listener = { onDidChange: () => undefined, onDidLoad: () => undefined, refresh: () => undefined };
  const tree = new WorktreesTree({
    access: { opened: supervisor, get: () => Promise.resolve(supervisor) } as unknown as SupervisorAccess,
    feed: listener as unknown as RunsFeed,
    alerts: listener as unknown as AlertsFeed,
    repositories: { ...listener, find: () => Promise.resolve(['/shop']) } as unknown as WorkspaceRepositories,
    diagnostics: { failed: (_during, error) => expect(error).toBeUndefined() },
  });
  const sections = async (): Promise<unknown[]> =>
    (await tree.getChildren()).map((node) => 'section' in node && node.section);

  const first = sections();
  await vi.waitFor(() => expect(looks).toHaveLength(1));
  looks[0]?.();
  expect(await first).toEqual(['removable']);

  tree.refresh();
  await vi.waitFor(() => expect(looks).toHaveLength(2));
  expect(await sections()).toEqual(['removable']);
  expect(asked.again).toBe(0);
  looks[1]?.();
  await vi.waitFor(() => expect(asked.again).toBe(1));
  expect(await sections()).toEqual(['stays']);
  expect(looks).toHaveLength(2);

  tree.refresh();
  await vi.waitFor(() => expect(looks).toHaveLength(3));
  looks[2]?.();
  await vi.waitFor(() => expect(reasonsSeen).toBe(3));
  await sections();
  expect(asked.again).toBe(1);
});
