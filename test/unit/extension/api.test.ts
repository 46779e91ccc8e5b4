import { expect, test, vi } from 'vitest';
import { createApi } from '../../../src/extension/api.ts';
import type { RunsFeed } from '../../../src/extension/runs-feed.ts';
import type { SupervisorAccess } from '../../../src/extension/supervisor-access.ts';
import { runId } from '../core/a-process.ts';
import { killedAt } from '../core/a-run.ts';

vi.mock('vscode', () => ({ l10n: { t: (template: string) => template } }));

const ref = 'refs/warden/checkpoints/x/2';
const checkpoint = { ref, commit: 'c0ffee', number: 2, why: 'kill', at: killedAt, files: 3, operation: null } as const;

const supervisor = {
  checkpoints: vi.fn(() => Promise.resolve([checkpoint])),
  restore: vi.fn(() => Promise.resolve({ path: '/w', branch: 'restored', checkpoint, changes: null })),
  audit: vi.fn(() => Promise.resolve([])),
};
const api = createApi(
  { get: () => Promise.resolve(supervisor) } as unknown as SupervisorAccess,
  { onDidLoad: () => ({ dispose: () => undefined }) } as unknown as RunsFeed,
);

test('other extensions bring back what was kept, and read who did what', async () => {
  const [kept] = (await api.checkpoints(runId)).checkpoints;
  expect(kept).toMatchObject({ number: 2, ref, why: 'kill', files: 3 });
  expect(await api.restore(runId, { checkpoint: 2 })).toMatchObject({ worktree_path: '/w', checkpoint: ref });
  expect(supervisor.restore).toHaveBeenCalledWith(runId, { checkpoint: 2 });
  expect(await api.audit({ runId, action: 'kill' })).toEqual({ entries: [] });
  expect(supervisor.audit).toHaveBeenCalledWith({ runId, action: 'kill', limit: 100 });
  await expect(api.audit({ runId: 'nobody' })).rejects.toMatchObject({ code: 'unknown_run' });
});
