import { expect, test } from 'vitest';
import type { WorktreesJson } from '../../../src/core/run-json.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test('warden worktrees tells what each takes, why it stays, and the budget', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows(
    { worker: shell('head -c 2000000 /dev/urandom > big') },
    { worktreeBudgetGigabytes: 0.001 },
  );
  expect(await cli.run('worktrees')).toMatchObject({ exitCode: 0, output: 'No worktrees.\n' });
  await cli.repository.git('worktree', 'add', '--quiet', '-b', 'theirs', `${cli.repository.path}.worktrees/theirs`);
  const { run_id, worktree_path } = await cli.finished('worker');

  const { exitCode, document } = await cli.json<WorktreesJson>('worktrees');
  expect(exitCode).toBe(0);
  const reasons = [expect.stringMatching(/its run ended .* ago/), 'one file is not committed'];
  const branch = expect.stringContaining('warden/worker/');
  expect(document).toEqual({
    worktrees: [
      {
        run_id,
        status: 'completed',
        path: worktree_path,
        branch,
        exists: true,
        dirty_files: 1,
        unpushed_commits: 0,
        merged: false,
        bytes: document.bytes,
        verdict: 'unsafe',
        reasons,
      },
    ],
    others: [{ path: expect.stringMatching(/theirs$/), branch: 'theirs', kind: 'foreign' }],
    bytes: expect.any(Number),
    measured_at: expect.stringMatching(/Z$/),
    budgets: [{ repository: cli.repository.path, bytes: document.bytes, budget_bytes: 1e6, is_over: true }],
  });
  expect(document.bytes).toBeGreaterThan(2_000_000);

  const { output } = await cli.run('worktrees', '--max-age-hours', '0');
  expect(output).toMatch(new RegExp(`only by --force +${run_id} +2.* MB +${worktree_path} +one file is not committed`));
  expect(output).toMatch(/stays +.*theirs +somebody else made it, and it is never touched/);
  expect(output).toMatch(/2.* MB in all\nover the budget of this repository: 2.* MB of 1 MB/);
  const told = (await cli.run('list')).errors;
  expect(told).toMatch(/warning: the worktrees of .* take 2.* MB of the disk; budget 1 MB/);
});
