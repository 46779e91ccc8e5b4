import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CheckpointsJson, CleanupJson, RestoreJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test('what a run left comes back after its worktree was removed', async () => {
  await using stage = await warden();
  await stage.repository.defineWorkflows({ worker: shell('echo x > staged && git add staged && echo y > untracked') });
  const run = await stage.finished('worker');
  const none = await stage.json<{ error: { code: string } }>('restore', run.run_id);
  expect(none).toMatchObject({ exitCode: 3, document: { error: { code: 'no_checkpoint' } } });
  const cleaned = await stage.json<CleanupJson>('cleanup', '--force', '--yes');
  const ref = `refs/warden/checkpoints/${run.run_id}/1`;
  expect(cleaned.document.removed).toMatchObject([{ run_id: run.run_id, checkpoint: ref }]);
  expect(existsSync(run.worktree_path!)).toBe(false);

  const { exitCode, document } = await stage.json<RestoreJson>('restore', run.run_id, '--checkpoint', '1');
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({
    run_id: run.run_id,
    worktree_path: `${run.worktree_path}-restored-1`,
    checkpoint: ref,
  });
  expect(readFileSync(path.join(document.worktree_path, 'untracked'), 'utf8')).toBe('y\n');
  expect(await stage.repository.git('-C', document.worktree_path, 'status', '--porcelain')).toBe(
    'A  staged\n?? untracked',
  );

  // A run may have several: the age of this one counts from now, and removing it leaves the run as it is.
  const kept = await stage.json<CleanupJson>('cleanup', '--yes');
  expect(kept.document.kept).toMatchObject([{ run_id: run.run_id, path: document.worktree_path }]);
  expect(kept.document.kept[0]?.reasons.join()).toContain('it was restored');
  expect((await stage.run('restore', run.run_id)).output).toContain(`${run.worktree_path}-restored-2`);
  await stage.json<CleanupJson>('cleanup', '--force', '--yes');
  expect(existsSync(document.worktree_path)).toBe(false);
  const after = await stage.json<RunJson>('status', run.run_id);
  expect(after.document).toMatchObject({ status: 'completed', worktree_path: null });
});

test('the work of a run that goes on is kept by hand, and it goes on', async () => {
  await using stage = await warden();
  await stage.repository.defineWorkflows({ worker: shell('echo x > work; sleep 1000') });
  const { document: run } = await stage.json<RunJson>('run', 'worker');
  await eventually(() => existsSync(path.join(run.worktree_path!, 'work')));
  const taken = await stage.json<CheckpointsJson>('checkpoint', run.run_id);
  const ref = `refs/warden/checkpoints/${run.run_id}/1`;
  expect(taken).toMatchObject({
    exitCode: 0,
    document: { run_id: run.run_id, checkpoint: ref, checkpoints: [{ number: 1, why: 'by_hand', files: 1 }] },
  });
  expect((await stage.run('checkpoint', run.run_id)).output).toBe(`kept in ${ref}\n`);
  expect((await stage.run('checkpoint', run.run_id, '--list')).output).toContain(`${ref}  `);
  const { document: after } = await stage.json<RunJson>('status', run.run_id);
  expect(after.status).toBe('running');
});

test('a checkpoint that cannot be a number is a usage error', async () => {
  await using stage = await warden();
  expect((await stage.run('restore', 'run_0', '--checkpoint', 'one')).exitCode).toBe(2);
});
